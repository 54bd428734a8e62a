// SPDX-License-Identifier: MIT
// Every raw lock: locking, time limits, stop requests, and the state it is left in.
#include "parking_lot/raw_mutex.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <ratio>
#include <thread>
#include <type_traits>

#include "support/locks.hpp"
#include "support/manual_clock.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using test::kParks;
using test::wait_for_waiters;

template <class Raw>
CONSTINIT_IF_STD_IS Raw constant_initialized{};

template <class Raw>
class RawMutexTest : public ::testing::Test {
  protected:
    ~RawMutexTest() override { EXPECT_EQ(test::parked_anywhere(), 0U); }

    /// The lock's state word, looked at from outside.
    unsigned state() const {
        std::array<unsigned char, sizeof(Raw)> bytes{};
        std::memcpy(bytes.data(), static_cast<const void*>(&raw_), sizeof(Raw));
        return bytes[0];
    }

    /// Runs `attempt` in another thread while this one holds the lock, unlocks once it waits, and
    /// returns what it returned.
    template <class Attempt>
    bool attempt_then_unlock(Attempt&& attempt) {
        std::atomic<bool> result{false};
        raw_.lock();
        test::Threads waiter;
        waiter.start([&]() {
            result = attempt();
            if (result) raw_.unlock();
        });
        wait_for_waiters(raw_, 1);
        raw_.unlock();
        waiter.join();
        return result;
    }

    Raw raw_;
};

TYPED_TEST_SUITE(RawMutexTest, test::RawLocks, test::LockNames);

TYPED_TEST(RawMutexTest, is_a_plain_object_that_starts_free) {
    static_assert(!std::is_copy_constructible_v<TypeParam>);
    static_assert(!std::is_move_constructible_v<TypeParam>);
    static_assert(!std::is_copy_assignable_v<TypeParam>);
    static_assert(std::is_nothrow_default_constructible_v<TypeParam>);
    EXPECT_FALSE(this->raw_.is_locked());
    EXPECT_FALSE(constant_initialized<TypeParam>.is_locked());
    EXPECT_TRUE(constant_initialized<TypeParam>.try_lock());
    constant_initialized<TypeParam>.unlock();
}

TYPED_TEST(RawMutexTest, parking_lock_is_as_small_as_its_word_and_starts_as_zero) {
    if constexpr (kParks<TypeParam>) {
#if !PARKING_LOT_CHECKED
        static_assert(std::is_trivially_destructible_v<TypeParam>);
        constexpr bool kByte =
            std::is_same_v<TypeParam, RawMutex> || std::is_same_v<TypeParam, RawFairMutex>;
        static_assert(sizeof(TypeParam) == (kByte ? 1 : 4));
        const std::array<unsigned char, sizeof(TypeParam)> zeros{};
        EXPECT_EQ(std::memcmp(static_cast<const void*>(&this->raw_), zeros.data(), zeros.size()),
                  0);
#endif
    }
}

TYPED_TEST(RawMutexTest, lock_and_unlock_change_is_locked) {
    this->raw_.lock();
    EXPECT_TRUE(this->raw_.is_locked());
    this->raw_.unlock();
    EXPECT_FALSE(this->raw_.is_locked());
}

TYPED_TEST(RawMutexTest, every_unlock_of_an_uncontended_lock_frees_it) {
    this->raw_.lock();
    this->raw_.unlock_fair();
    EXPECT_FALSE(this->raw_.is_locked());
    this->raw_.lock();
    this->raw_.bump();
    EXPECT_TRUE(this->raw_.is_locked());
    this->raw_.unlock();
    EXPECT_FALSE(this->raw_.is_locked());
}

TYPED_TEST(RawMutexTest, try_lock_takes_a_free_lock_only) {
    ASSERT_TRUE(this->raw_.try_lock());
    EXPECT_FALSE(this->raw_.try_lock());
    std::thread{[&]() { EXPECT_FALSE(this->raw_.try_lock()); }}.join();
    this->raw_.unlock();
    ASSERT_TRUE(this->raw_.try_lock());
    this->raw_.unlock();
}

TYPED_TEST(RawMutexTest, try_lock_never_fails_on_a_free_lock_that_was_contended) {
    EXPECT_TRUE(this->attempt_then_unlock([&]() {
        this->raw_.lock();
        return true;
    }));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(this->raw_.try_lock());
        this->raw_.unlock();
    }
}

TYPED_TEST(RawMutexTest, lock_waits_until_the_holder_unlocks) {
    int protected_value = 0;
    this->raw_.lock();
    test::Threads waiters;
    for (int i = 0; i < 4; ++i) {
        waiters.start([&]() {
            this->raw_.lock();
            EXPECT_GE(protected_value, 1);
            ++protected_value;
            this->raw_.unlock();
        });
    }
    wait_for_waiters(this->raw_, 4);
    protected_value = 1;
    this->raw_.unlock();
    waiters.join();
    EXPECT_EQ(protected_value, 5);
}

TYPED_TEST(RawMutexTest, holders_exclude_each_other) {
    constexpr std::size_t kThreads = 4;
    constexpr int kRounds = 3000;
    int counter = 0;
    test::run_together(kThreads, [&](std::size_t index) {
        for (int i = 0; i < kRounds; ++i) {
            this->raw_.lock();
            ++counter;
            if (index % 2 == 0) {
                this->raw_.unlock();
            } else {
                this->raw_.unlock_fair();
            }
        }
    });
    EXPECT_EQ(counter, static_cast<int>(kThreads) * kRounds);
    EXPECT_FALSE(this->raw_.is_locked());
}

TYPED_TEST(RawMutexTest, may_be_unlocked_by_another_thread) {
    if constexpr (kParks<TypeParam>) {
        this->raw_.lock();
        std::thread{[&]() { this->raw_.unlock(); }}.join();
        this->raw_.lock();  // nor does a checked build take this for a self-deadlock
        std::thread{[&]() { this->raw_.unlock_fair(); }}.join();
        EXPECT_TRUE(this->raw_.try_lock());
        this->raw_.unlock();
    }
}

TYPED_TEST(RawMutexTest, state_is_reset_after_contention) {
    if constexpr (kParks<TypeParam>) {
        constexpr unsigned kFree = 0;
        constexpr unsigned kHot = 4;
        for (int round = 0; round < 3; ++round) {
            this->raw_.lock();
            test::Threads waiters;
            for (int i = 0; i < 4; ++i) {
                waiters.start([&]() {
                    this->raw_.lock();
                    this->raw_.unlock();
                });
            }
            wait_for_waiters(this->raw_, 4);
            this->raw_.unlock();
            waiters.join();
            EXPECT_TRUE(this->state() == kFree || this->state() == kHot) << this->state();
        }
    }
}

// ---- time limits

TYPED_TEST(RawMutexTest, timed_lock_takes_a_free_lock_whatever_the_limit) {
    const auto take = [&](auto&& attempt) {
        EXPECT_TRUE(attempt());
        this->raw_.unlock();
    };
    TypeParam& raw = this->raw_;
    using Floating = std::chrono::duration<double>;
    take([&]() { return raw.try_lock_for(0s); });
    take([&]() { return raw.try_lock_for(-1s); });
    take([&]() { return raw.try_lock_for(1ns); });
    take([&]() { return raw.try_lock_for(std::chrono::hours::min()); });
    take([&]() { return raw.try_lock_for(std::chrono::hours::max()); });
    take([&]() { return raw.try_lock_for(std::chrono::nanoseconds::max()); });
    take([&]() { return raw.try_lock_for(Floating{std::numeric_limits<double>::infinity()}); });
    take([&]() { return raw.try_lock_for(Floating{std::numeric_limits<double>::quiet_NaN()}); });
    take([&]() { return raw.try_lock_until(steady_clock::now() - 1h); });
    take([&]() { return raw.try_lock_until(steady_clock::time_point::min()); });
    take([&]() { return raw.try_lock_until(steady_clock::time_point::max()); });
    take([&]() { return raw.try_lock_until(system_clock::time_point{}); });
    take([&]() { return raw.try_lock_until(system_clock::time_point::max()); });
    take([&]() { return raw.try_lock_until(test::ManualClock::time_point::min()); });
    take([&]() { return raw.try_lock_until(Deadline::passed()); });
    take([&]() { return raw.try_lock_until(Deadline::never()); });
}

TYPED_TEST(RawMutexTest, timed_lock_of_a_held_lock_fails_once_the_limit_has_passed) {
    TypeParam& raw = this->raw_;
    using Floating = std::chrono::duration<double>;
    raw.lock();
    EXPECT_FALSE(raw.try_lock_for(0s));
    EXPECT_FALSE(raw.try_lock_for(-1s));
    EXPECT_FALSE(raw.try_lock_for(std::chrono::hours::min()));
    EXPECT_FALSE(raw.try_lock_for(std::chrono::nanoseconds::min()));
    EXPECT_FALSE(raw.try_lock_for(Floating{-0.5}));
    EXPECT_FALSE(raw.try_lock_for(Floating{-std::numeric_limits<double>::infinity()}));
    EXPECT_FALSE(raw.try_lock_for(Floating{std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_FALSE(raw.try_lock_until(steady_clock::now()));
    EXPECT_FALSE(raw.try_lock_until(steady_clock::now() - 1h));
    EXPECT_FALSE(raw.try_lock_until(steady_clock::time_point::min()));
    EXPECT_FALSE(raw.try_lock_until(system_clock::now() - 1h));
    EXPECT_FALSE(raw.try_lock_until(system_clock::time_point::min()));
    EXPECT_FALSE(raw.try_lock_until(Deadline::passed()));
    EXPECT_TRUE(raw.is_locked());
    raw.unlock();
    EXPECT_TRUE(raw.try_lock());
    raw.unlock();
}

TYPED_TEST(RawMutexTest, timed_lock_waits_at_least_as_long_as_it_was_told) {
    TypeParam& raw = this->raw_;
    const auto waits_20_ms = [](auto&& attempt) {
        const auto start = steady_clock::now();
        EXPECT_FALSE(attempt());
        EXPECT_GE(steady_clock::now() - start, 20ms);
    };
    using Milliseconds = std::chrono::duration<double, std::milli>;
    raw.lock();
    waits_20_ms([&]() { return raw.try_lock_for(20ms); });
    waits_20_ms([&]() { return raw.try_lock_for(Milliseconds{20.0}); });
    waits_20_ms([&]() { return raw.try_lock_until(steady_clock::now() + 20ms); });
    waits_20_ms([&]() { return raw.try_lock_until(steady_clock::now() + Milliseconds{20.0}); });
    waits_20_ms([&]() { return raw.try_lock_until(Deadline::after(20ms)); });
    const auto wall_time = system_clock::now() + 20ms;
    EXPECT_FALSE(raw.try_lock_until(wall_time));
    EXPECT_GE(system_clock::now(), wall_time);
    raw.unlock();
}

TYPED_TEST(RawMutexTest, unlimited_timed_lock_waits_until_the_holder_unlocks) {
    TypeParam& raw = this->raw_;
    using Floating = std::chrono::duration<double>;
    const auto succeeds = [&](auto&& attempt) { EXPECT_TRUE(this->attempt_then_unlock(attempt)); };
    succeeds([&]() { return raw.try_lock_for(std::chrono::hours::max()); });
    succeeds([&]() { return raw.try_lock_for(std::chrono::nanoseconds::max()); });
    succeeds([&]() { return raw.try_lock_for(Floating::max()); });
    succeeds([&]() { return raw.try_lock_until(steady_clock::time_point::max()); });
    succeeds([&]() { return raw.try_lock_until(system_clock::time_point::max()); });
    succeeds([&]() { return raw.try_lock_until(Deadline::never()); });
    succeeds([&]() { return raw.try_lock_for(24h); });
}

TYPED_TEST(RawMutexTest, timed_lock_ends_when_the_time_has_come_on_its_own_clock) {
    using test::ManualClock;
    ManualClock::reset();
    this->raw_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        EXPECT_FALSE(this->raw_.try_lock_until(ManualClock::time_point{5ms}));
        EXPECT_GE(ManualClock::milliseconds.load(), 5);
    });
    // The clock stands still, so the waiter must wait and ask again.
    test::wait_until([]() { return ManualClock::times_asked >= 4; });
    ManualClock::milliseconds = 5;
    waiter.join();
    this->raw_.unlock();
}

TYPED_TEST(RawMutexTest, waiter_that_gives_up_leaves_the_others_waiting_in_good_order) {
    this->raw_.lock();
    test::Threads waiters;
    std::atomic<int> acquired{0};
    for (int i = 0; i < 2; ++i) {
        waiters.start([&]() {
            this->raw_.lock();
            ++acquired;
            this->raw_.unlock();
        });
    }
    wait_for_waiters(this->raw_, 2);
    EXPECT_FALSE(this->raw_.try_lock_for(5ms));
    EXPECT_EQ(acquired, 0);
    this->raw_.unlock();
    waiters.join();
    EXPECT_EQ(acquired, 2);
    EXPECT_FALSE(this->raw_.is_locked());
}

// ---- stop requests

#if PARKING_LOT_HAS_STOP_TOKEN

TYPED_TEST(RawMutexTest, stop_requested_before_takes_a_free_lock_only) {
    std::stop_source source;
    source.request_stop();
    ASSERT_TRUE(this->raw_.lock(source.get_token()));
    EXPECT_FALSE(this->raw_.lock(source.get_token()));
    EXPECT_TRUE(this->raw_.is_locked());
    this->raw_.unlock();
}

TYPED_TEST(RawMutexTest, stop_requested_during_the_wait_ends_it) {
    std::stop_source source;
    this->raw_.lock();
    test::Threads waiter;
    waiter.start([&]() { EXPECT_FALSE(this->raw_.lock(source.get_token())); });
    wait_for_waiters(this->raw_, 1);
    source.request_stop();
    waiter.join();
    EXPECT_TRUE(this->raw_.is_locked());
    this->raw_.unlock();
}

TYPED_TEST(RawMutexTest, stoppable_lock_without_a_stop_request_locks) {
    std::stop_source source;
    EXPECT_TRUE(this->attempt_then_unlock([&]() { return this->raw_.lock(source.get_token()); }));
    EXPECT_TRUE(this->attempt_then_unlock([&]() { return this->raw_.lock(std::stop_token{}); }));
    source.request_stop();  // too late to matter
    EXPECT_FALSE(this->raw_.is_locked());
}

TYPED_TEST(RawMutexTest, stop_request_takes_no_wake_up_from_others) {
    for (int round = 0; round < 150; ++round) {
        std::stop_source source;
        int acquired = 0;
        this->raw_.lock();
        test::Threads waiters;
        waiters.start([&]() {
            if (this->raw_.lock(source.get_token())) this->raw_.unlock();
        });
        wait_for_waiters(this->raw_, 1);
        waiters.start([&]() {
            this->raw_.lock();
            ++acquired;
            this->raw_.unlock();
        });
        wait_for_waiters(this->raw_, 2);
        waiters.start([&]() { source.request_stop(); });
        this->raw_.unlock();
        waiters.join();
        ASSERT_EQ(acquired, 1);
    }
}

#endif  // PARKING_LOT_HAS_STOP_TOKEN

// ---- the end of a lock's life

TYPED_TEST(RawMutexTest, may_be_destroyed_while_the_last_unlock_has_not_returned) {
    for (int round = 0; round < 200; ++round) {
        auto owned = std::make_unique<TypeParam>();
        TypeParam& raw = *owned;
        raw.lock();
        test::Threads destroyer;
        destroyer.start([&owned]() {
            owned->lock();
            owned->unlock();
            owned.reset();
        });
        if (round % 2 == 0) wait_for_waiters(raw, 1);
        raw.unlock();
    }
}

}  // namespace
}  // namespace parking_lot
