// SPDX-License-Identifier: MIT
// BasicRawReentrantMutex over every raw lock: owner, depth, time limits, stop requests.
#include "parking_lot/raw_reentrant_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>

#include "support/emulated.hpp"
#include "support/locks.hpp"
#include "support/reentrant_locks.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using test::is_free_for_others;
using test::wait_for_waiters_of;

template <class Raw>
CONSTINIT_IF_STD_IS Raw constant_initialized{};

template <class Raw>
class RawReentrantMutexTest : public ::testing::Test {
  protected:
    ~RawReentrantMutexTest() override {
        EXPECT_FALSE(raw_.is_locked());
        EXPECT_EQ(test::parked_anywhere(), 0U);
    }

    void unlock_times(int levels) {
        for (int i = 0; i < levels; ++i) raw_.unlock();
    }

    Raw raw_;
};

TYPED_TEST_SUITE(RawReentrantMutexTest, test::RawReentrantLocks, test::ReentrantLockNames);

TYPED_TEST(RawReentrantMutexTest, is_a_plain_object_that_starts_free) {
    static_assert(RawReentrantLockable<TypeParam> && RawTimedLockable<TypeParam>);
    static_assert(RawFairLockable<TypeParam> && RawInspectable<TypeParam>);
    static_assert(!std::is_copy_constructible_v<TypeParam>);
    static_assert(!std::is_move_constructible_v<TypeParam>);
    EXPECT_FALSE(this->raw_.is_locked());
    EXPECT_FALSE(this->raw_.is_owned_by_current_thread());
    EXPECT_TRUE(constant_initialized<TypeParam>.try_lock());
    constant_initialized<TypeParam>.unlock();
}

TYPED_TEST(RawReentrantMutexTest, is_free_when_unlocked_as_often_as_locked) {
    this->raw_.lock();
    this->raw_.lock();
    ASSERT_TRUE(this->raw_.try_lock());
    for (int level = 3; level > 0; --level) {
        EXPECT_TRUE(this->raw_.is_locked());
        EXPECT_TRUE(this->raw_.is_owned_by_current_thread());
        EXPECT_EQ(this->raw_.depth(), static_cast<std::size_t>(level));
        EXPECT_FALSE(is_free_for_others(this->raw_));
        level == 2 ? this->raw_.unlock_fair() : this->raw_.unlock();
    }
    EXPECT_FALSE(this->raw_.is_owned_by_current_thread());
    EXPECT_EQ(this->raw_.depth(), 0U);
    EXPECT_TRUE(is_free_for_others(this->raw_));
}

TYPED_TEST(RawReentrantMutexTest, only_the_owner_owns) {
    this->raw_.lock();
    std::thread{[&]() {
        EXPECT_TRUE(this->raw_.is_locked());
        EXPECT_FALSE(this->raw_.is_owned_by_current_thread());
        EXPECT_FALSE(this->raw_.try_lock());
    }}.join();
    this->raw_.unlock();
}

TYPED_TEST(RawReentrantMutexTest, owner_gets_it_again_by_every_function) {
    this->raw_.lock();
    EXPECT_TRUE(this->raw_.try_lock());
    EXPECT_TRUE(this->raw_.try_lock_for(0s));
    EXPECT_TRUE(this->raw_.try_lock_for(-1h));
    EXPECT_TRUE(this->raw_.try_lock_until(steady_clock::time_point::min()));
    EXPECT_TRUE(this->raw_.try_lock_until(system_clock::time_point::max()));
    EXPECT_TRUE(this->raw_.try_lock_until(Deadline::passed()));
    int levels = 7;
#if PARKING_LOT_HAS_STOP_TOKEN
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(this->raw_.lock(stop.get_token()));
    ++levels;
#endif
    EXPECT_FALSE(is_free_for_others(this->raw_));
    this->unlock_times(levels);
}

TYPED_TEST(RawReentrantMutexTest, timed_locks_of_others_end_at_the_limit) {
    this->raw_.lock();
    std::thread{[&]() {
        const auto start = steady_clock::now();
        EXPECT_FALSE(this->raw_.try_lock_for(20ms));
        EXPECT_GE(steady_clock::now() - start, 20ms);
        EXPECT_FALSE(this->raw_.try_lock_until(steady_clock::now() + 1ms));
        EXPECT_FALSE(this->raw_.try_lock_until(system_clock::now() + 1ms));
        EXPECT_FALSE(this->raw_.try_lock_for(0s));
        EXPECT_FALSE(this->raw_.try_lock_until(steady_clock::time_point::min()));
        EXPECT_FALSE(this->raw_.is_owned_by_current_thread());
    }}.join();
    this->raw_.unlock();
}

TYPED_TEST(RawReentrantMutexTest, timed_locks_get_what_becomes_free) {
    this->raw_.lock();
    this->raw_.lock();
    const auto lock_twice_and_unlock = [&](auto&& lock) {
        EXPECT_TRUE(lock());
        EXPECT_TRUE(this->raw_.is_owned_by_current_thread());
        this->raw_.lock();
        this->unlock_times(2);
    };
    test::Threads waiters;
    waiters.start([&]() { lock_twice_and_unlock([&]() { return this->raw_.try_lock_for(1h); }); });
    waiters.start([&]() {
        lock_twice_and_unlock(
            [&]() { return this->raw_.try_lock_until(system_clock::now() + 1h); });
    });
    waiters.start([&]() {
        lock_twice_and_unlock([&]() { return this->raw_.try_lock_for(std::chrono::hours::max()); });
    });
    wait_for_waiters_of<TypeParam>(3);
    this->unlock_times(2);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(RawReentrantMutexTest, stop_request_ends_the_wait_of_another) {
    std::stop_source stop;
    this->raw_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        EXPECT_FALSE(this->raw_.lock(stop.get_token()));
        EXPECT_FALSE(this->raw_.is_owned_by_current_thread());
    });
    wait_for_waiters_of<TypeParam>(1);
    stop.request_stop();
    waiter.join();
    this->raw_.unlock();
}
#endif

TYPED_TEST(RawReentrantMutexTest, bump_of_an_uncontended_lock_keeps_it) {
    this->raw_.lock();
    this->raw_.bump();
    EXPECT_TRUE(this->raw_.is_owned_by_current_thread());
    this->raw_.lock();
    this->raw_.bump();
    EXPECT_FALSE(is_free_for_others(this->raw_));
    this->unlock_times(2);
}

TYPED_TEST(RawReentrantMutexTest, bump_at_depth_one_gives_way) {
    if constexpr (!std::is_same_v<TypeParam, test::ReentrantOverStd>) {
        bool had_a_turn = false;
        this->raw_.lock();
        test::Threads waiter;
        waiter.start([&]() {
            this->raw_.lock();
            this->raw_.lock();
            had_a_turn = true;
            this->unlock_times(2);
        });
        wait_for_waiters_of<TypeParam>(1);
        this->raw_.bump();
        EXPECT_TRUE(had_a_turn);
        EXPECT_TRUE(this->raw_.is_owned_by_current_thread());
        this->raw_.unlock();
    }
}

TYPED_TEST(RawReentrantMutexTest, bump_deeper_down_does_not_give_way) {
    bool had_a_turn = false;
    this->raw_.lock();
    this->raw_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        this->raw_.lock();
        had_a_turn = true;
        this->raw_.unlock();
    });
    wait_for_waiters_of<TypeParam>(1);
    this->raw_.bump();
    EXPECT_FALSE(had_a_turn);
    this->unlock_times(2);
}

TYPED_TEST(RawReentrantMutexTest, unlock_fair_hands_the_last_level_to_the_waiter) {
    if constexpr (!std::is_same_v<TypeParam, test::ReentrantOverStd>) {
        std::atomic<bool> had_a_turn{false};
        this->raw_.lock();
        this->raw_.lock();
        test::Threads waiter;
        waiter.start([&]() {
            this->raw_.lock();
            had_a_turn = true;
            this->raw_.unlock();
        });
        wait_for_waiters_of<TypeParam>(1);
        this->raw_.unlock_fair();
        EXPECT_FALSE(had_a_turn);
        this->raw_.unlock_fair();
        this->raw_.lock();  // behind the waiter, who has it already
        EXPECT_TRUE(had_a_turn);
        this->raw_.unlock();
    }
}

TYPED_TEST(RawReentrantMutexTest, works_with_the_locks_of_the_standard_library) {
    {
        const std::scoped_lock once{this->raw_};
        const std::lock_guard twice{this->raw_};
        std::unique_lock thrice{this->raw_, 1s};
        EXPECT_TRUE(thrice.owns_lock());
        TypeParam other;
        const std::scoped_lock both{this->raw_, other};
        EXPECT_FALSE(is_free_for_others(this->raw_));
    }
    std::condition_variable_any condition;
    bool ready = false;
    test::Threads notifier;
    notifier.start([&]() {
        const std::lock_guard lock{this->raw_};
        ready = true;
        condition.notify_one();
    });
    std::unique_lock lock{this->raw_};
    condition.wait(lock, [&]() { return ready; });
    EXPECT_TRUE(this->raw_.is_owned_by_current_thread());
}

TYPED_TEST(RawReentrantMutexTest, excludes_other_threads_at_every_depth) {
    constexpr std::size_t kThreads = 4;
    constexpr int kRounds = 2000;
    int inside = 0;  // not atomic: TSan tells, too, if two threads were inside at once
    test::run_together(kThreads, [&](std::size_t thread) {
        for (int round = 0; round < kRounds; ++round) {
            const int levels = 1 + (round + static_cast<int>(thread)) % 3;
            for (int i = 0; i < levels; ++i) {
                const bool timed = (round + i) % 5 == 0 && this->raw_.try_lock_for(10us);
                if (!timed) this->raw_.lock();
                if (round % 7 == 0 && inside == 0) this->raw_.bump();
                ++inside;
            }
            EXPECT_EQ(inside, levels);
            for (int i = 0; i < levels; ++i) {
                --inside;
                round % 3 == 0 ? this->raw_.unlock_fair() : this->raw_.unlock();
            }
        }
    });
    EXPECT_EQ(inside, 0);
}

/// A user's own raw lock with no more than a raw lock must have.
class SpinLock {
  public:
    void lock() {
        while (!try_lock()) std::this_thread::yield();
    }
    [[nodiscard]] bool try_lock() { return !locked_.exchange(true, std::memory_order_acquire); }
    void unlock() { locked_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> locked_{false};
};

TEST(ReentrantSpinLockTest, a_users_lock_becomes_reentrant) {
    using Reentrant = BasicRawReentrantMutex<SpinLock>;
    static_assert(RawReentrantLockable<Reentrant>);
    static_assert(!RawTimedLockable<Reentrant> && !RawFairLockable<Reentrant>);
    static_assert(!RawInspectable<Reentrant>);
    Reentrant raw;
    raw.lock();
    EXPECT_TRUE(raw.try_lock());
    raw.unlock();
    EXPECT_FALSE(is_free_for_others(raw));
    raw.unlock();
    EXPECT_TRUE(is_free_for_others(raw));
}

TEST(ReentrantDepthTest, every_level_up_to_the_limit_counts) {
    BasicRawReentrantMutex<RawMutex, std::uint8_t> raw;
    for (int i = 0; i < 256; ++i) raw.lock();
    for (int i = 0; i < 255; ++i) raw.unlock();
    EXPECT_TRUE(raw.is_locked());
    raw.unlock();
    EXPECT_FALSE(raw.is_locked());
}

TEST(ReentrantDepthDeathTest, one_level_too_many_is_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    BasicRawReentrantMutex<RawMutex, std::uint8_t> raw;
    for (int i = 0; i < 256; ++i) raw.lock();
    EXPECT_DEATH(raw.lock(), "parking_lot: locked too many times by one thread");
    EXPECT_DEATH((void)raw.try_lock(), "parking_lot: locked too many times by one thread");
    for (int i = 0; i < 256; ++i) raw.unlock();
}

#if PARKING_LOT_CHECKED
TEST(ReentrantMisuseDeathTest, unlock_without_lock_is_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    RawReentrantMutex raw;
    EXPECT_DEATH(raw.unlock(), "parking_lot: unlock by a thread that does not hold the lock");
    EXPECT_DEATH(raw.unlock_fair(), "parking_lot: unlock by a thread that does not hold the lock");
    EXPECT_DEATH(raw.bump(), "parking_lot: unlock by a thread that does not hold the lock");
}

TEST(ReentrantMisuseDeathTest, unlock_by_another_thread_is_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    RawReentrantMutex raw;
    raw.lock();
    EXPECT_DEATH((std::thread{[&]() { raw.unlock(); }}.join()),
                 "parking_lot: unlock by a thread that does not hold the lock");
    raw.unlock();
}
#endif

}  // namespace
}  // namespace parking_lot
