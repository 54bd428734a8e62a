// SPDX-License-Identifier: MIT
// Every raw once: who gets the work, who waits, time limits, stop requests.
#include "parking_lot/raw_once.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "support/onces.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using test::kWaitersAreSeen;
using test::wait_for_waiters;

template <class Raw>
constinit Raw constant_initialized{};
template <class Raw>
constinit Raw constant_completed = Raw::completed();

template <class Raw>
class RawOnceTest : public ::testing::Test {
  protected:
    ~RawOnceTest() override { EXPECT_EQ(test::parked_anywhere(), 0U); }

    /// Starts `attempt` in another thread during the work, completes the work once it waits, and
    /// returns its result.
    template <class Attempt>
    bool attempt_then_complete(Attempt&& attempt) {
        std::atomic<bool> result{false};
        EXPECT_TRUE(once_.begin());
        test::Threads waiter;
        waiter.start([&]() { result = attempt(); });
        wait_for_waiters(once_, 1);
        once_.complete();
        waiter.join();
        return result;
    }

    Raw once_;
};

TYPED_TEST_SUITE(RawOnceTest, test::RawOnces, test::OnceNames);

TYPED_TEST(RawOnceTest, is_a_plain_object_that_starts_new) {
    static_assert(!std::is_copy_constructible_v<TypeParam>);
    static_assert(!std::is_move_constructible_v<TypeParam>);
    static_assert(!std::is_copy_assignable_v<TypeParam>);
    static_assert(std::is_nothrow_default_constructible_v<TypeParam>);
    static_assert(PARKING_LOT_CHECKED || std::is_trivially_destructible_v<TypeParam>);
    EXPECT_EQ(this->once_.state(), OnceState::New);
    EXPECT_FALSE(this->once_.is_done());
    EXPECT_EQ(constant_initialized<TypeParam>.state(), OnceState::New);
    if constexpr (sizeof(TypeParam) == 1) {  // larger ones may have padding
        const std::array<unsigned char, sizeof(TypeParam)> zeros{};
        EXPECT_EQ(std::memcmp(static_cast<const void*>(&this->once_), zeros.data(), zeros.size()),
                  0);
    }
}

TYPED_TEST(RawOnceTest, completed_is_done_from_the_start) {
    EXPECT_EQ(constant_completed<TypeParam>.state(), OnceState::Done);
    EXPECT_FALSE(constant_completed<TypeParam>.begin());
    constant_completed<TypeParam>.wait();
}

TYPED_TEST(RawOnceTest, begin_gives_the_work_to_one) {
    EXPECT_TRUE(this->once_.begin());
    EXPECT_EQ(this->once_.state(), OnceState::InProgress);
    EXPECT_FALSE(this->once_.is_done());
    EXPECT_FALSE(this->once_.try_begin());
    this->once_.complete();
    EXPECT_EQ(this->once_.state(), OnceState::Done);
    EXPECT_TRUE(this->once_.is_done());
    EXPECT_FALSE(this->once_.begin());
    EXPECT_FALSE(this->once_.try_begin());
}

TYPED_TEST(RawOnceTest, abandon_makes_it_new_again) {
    EXPECT_TRUE(this->once_.try_begin());
    this->once_.abandon();
    EXPECT_EQ(this->once_.state(), OnceState::New);
    EXPECT_TRUE(this->once_.begin());
    this->once_.complete();
    EXPECT_TRUE(this->once_.is_done());
}

TYPED_TEST(RawOnceTest, reset_makes_it_new_again) {
    ASSERT_TRUE(this->once_.begin());
    this->once_.complete();
    this->once_.reset();
    EXPECT_EQ(this->once_.state(), OnceState::New);
    EXPECT_TRUE(this->once_.begin());
    this->once_.complete();
}

TYPED_TEST(RawOnceTest, begin_waits_for_the_work_of_another_and_sees_it) {
    int work = 0;
    ASSERT_TRUE(this->once_.begin());
    test::Threads callers;
    callers.start([&]() {
        EXPECT_FALSE(this->once_.begin());
        EXPECT_EQ(work, 1);
    });
    wait_for_waiters(this->once_, 1);
    work = 1;
    this->once_.complete();
}

TYPED_TEST(RawOnceTest, complete_wakes_all_callers_and_waiters) {
    std::atomic<int> returned{0};
    ASSERT_TRUE(this->once_.begin());
    test::Threads threads;
    for (int i = 0; i < 4; ++i) {
        threads.start([&]() { returned += this->once_.begin() ? 0 : 1; });
        threads.start([&]() {
            this->once_.wait();
            ++returned;
        });
    }
    wait_for_waiters(this->once_, 8);
    EXPECT_EQ(returned, 0);
    this->once_.complete();
    threads.join();
    EXPECT_EQ(returned, 8);
}

TYPED_TEST(RawOnceTest, every_caller_gets_its_turn_while_all_abandon) {
    std::atomic<int> attempts{0};
    ASSERT_TRUE(this->once_.begin());
    test::Threads callers;
    for (int i = 0; i < 4; ++i) {
        callers.start([&]() {
            ASSERT_TRUE(this->once_.begin());
            ++attempts;
            this->once_.abandon();
        });
    }
    wait_for_waiters(this->once_, 4);
    this->once_.abandon();
    callers.join();
    EXPECT_EQ(attempts, 4);
    EXPECT_EQ(this->once_.state(), OnceState::New);
}

TYPED_TEST(RawOnceTest, abandon_wakes_a_caller_though_a_waiter_came_first) {
    std::atomic<bool> has_begun{false};
    std::atomic<bool> may_complete{false};
    ASSERT_TRUE(this->once_.begin());
    test::Threads threads;
    threads.start([&]() { this->once_.wait(); });
    wait_for_waiters(this->once_, 1);
    threads.start([&]() {
        ASSERT_TRUE(this->once_.begin());
        has_begun = true;
        test::wait_until([&]() { return may_complete.load(); });
        this->once_.complete();
    });
    wait_for_waiters(this->once_, 2);
    this->once_.abandon();
    test::wait_until([&]() { return has_begun.load(); });
    if constexpr (kWaitersAreSeen<TypeParam>) {
        EXPECT_EQ(test::parked_at(&this->once_), 1U);
    }
    may_complete = true;
}

TYPED_TEST(RawOnceTest, wait_covers_work_that_nobody_has_begun) {
    test::Threads waiter;
    waiter.start([&]() { this->once_.wait(); });
    wait_for_waiters(this->once_, 1);
    EXPECT_EQ(this->once_.state(), OnceState::New);
    ASSERT_TRUE(this->once_.try_begin());
    EXPECT_EQ(this->once_.state(), OnceState::InProgress);
    this->once_.complete();
}

TYPED_TEST(RawOnceTest, timed_waits_end_at_the_limit) {
    for (const bool in_progress : {false, true}) {
        EXPECT_EQ(in_progress && this->once_.begin(), in_progress);
        const auto start = steady_clock::now();
        EXPECT_FALSE(this->once_.wait_for(20ms));
        EXPECT_GE(steady_clock::now() - start, 20ms);
        EXPECT_FALSE(this->once_.wait_until(steady_clock::now() + 5ms));
        EXPECT_FALSE(this->once_.wait_until(system_clock::now() + 5ms));
        EXPECT_FALSE(this->once_.wait_until(Deadline::after(5ms)));
    }
    this->once_.complete();
    EXPECT_TRUE(this->once_.wait_for(0s));
}

TYPED_TEST(RawOnceTest, past_limits_only_look) {
    EXPECT_FALSE(this->once_.wait_for(0s));
    EXPECT_FALSE(this->once_.wait_for(-1h));
    EXPECT_FALSE(this->once_.wait_for(std::chrono::nanoseconds::min()));
    EXPECT_FALSE(this->once_.wait_until(steady_clock::time_point::min()));
    EXPECT_FALSE(this->once_.wait_until(system_clock::time_point{}));
    ASSERT_TRUE(this->once_.begin());
    this->once_.complete();
    EXPECT_TRUE(this->once_.wait_for(0s));
    EXPECT_TRUE(this->once_.wait_for(-1h));
    EXPECT_TRUE(this->once_.wait_until(steady_clock::time_point::min()));
    EXPECT_TRUE(this->once_.wait_until(system_clock::time_point{}));
}

TYPED_TEST(RawOnceTest, far_limits_wait_for_the_work) {
    const auto times_out = [&](auto&& wait) {
        const bool done = this->attempt_then_complete(wait);
        this->once_.reset();
        return !done;
    };
    EXPECT_FALSE(times_out([&]() { return this->once_.wait_for(std::chrono::hours::max()); }));
    EXPECT_FALSE(times_out([&]() { return this->once_.wait_for(1h); }));
    EXPECT_FALSE(
        times_out([&]() { return this->once_.wait_until(steady_clock::time_point::max()); }));
    EXPECT_FALSE(
        times_out([&]() { return this->once_.wait_until(system_clock::time_point::max()); }));
}

TYPED_TEST(RawOnceTest, a_wait_that_timed_out_leaves_a_once_that_works) {
    ASSERT_TRUE(this->once_.begin());
    EXPECT_FALSE(this->once_.wait_for(1ms));
    this->once_.abandon();
    EXPECT_FALSE(this->once_.wait_for(1ms));
    EXPECT_EQ(this->once_.state(), OnceState::New);
    ASSERT_TRUE(this->once_.try_begin());
    this->once_.complete();
    EXPECT_EQ(this->once_.state(), OnceState::Done);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(RawOnceTest, stop_request_ends_a_wait) {
    std::stop_source stop;
    test::Threads waiter;
    waiter.start([&]() { EXPECT_FALSE(this->once_.wait(stop.get_token())); });
    wait_for_waiters(this->once_, 1);
    stop.request_stop();
    waiter.join();
    EXPECT_FALSE(this->once_.wait(stop.get_token()));
}

TYPED_TEST(RawOnceTest, a_wait_that_could_be_stopped_ends_with_the_work) {
    std::stop_source stop;
    EXPECT_TRUE(this->attempt_then_complete([&]() { return this->once_.wait(stop.get_token()); }));
    stop.request_stop();
    EXPECT_TRUE(this->once_.wait(stop.get_token()));
}
#endif

TYPED_TEST(RawOnceTest, work_is_done_once_whatever_fails_before) {
    constexpr std::size_t kOnces = 300;
    struct Job {
        TypeParam once;
        int attempts = 0;  // written by whoever has the work, so that TSan sees a race between two
        int successes = 0;
    };
    const auto jobs = std::make_unique<std::array<Job, kOnces>>();
    test::run_together(4, [&](std::size_t) {
        for (Job& job : *jobs) {
            while (job.once.begin()) {
                if (++job.attempts < 3) {
                    job.once.abandon();
                } else {
                    ++job.successes;
                    job.once.complete();
                }
            }
            EXPECT_EQ(job.attempts, 3);
        }
    });
    for (const Job& job : *jobs) EXPECT_EQ(job.successes, 1);
}

TYPED_TEST(RawOnceTest, timed_waits_among_failing_attempts_lose_nobody) {
    for (int round = 0; round < 30; ++round) {
        int attempts = 0;
        test::run_together(4, [&](std::size_t i) {
            if (i == 0) return this->once_.wait();
            if (i == 1) {
                while (!this->once_.wait_for(50us)) {
                }
                return;
            }
            while (this->once_.begin()) {
                if (++attempts < 8) {
                    this->once_.abandon();
                } else {
                    this->once_.complete();
                }
            }
        });
        EXPECT_EQ(attempts, 8);
        this->once_.reset();
    }
}

// A waiter may destroy the once as soon as it is done. (For the sanitizers.)
TEST(RawOnceLifetimeTest, may_be_destroyed_while_complete_returns) {
    for (int round = 0; round < 200; ++round) {
        auto once = std::make_unique<RawOnce>();
        test::Threads completer;
        completer.start([&, raw = once.get()]() {
            ASSERT_TRUE(raw->begin());
            if (round % 2 == 0) test::wait_for_parked(raw, 1);
            raw->complete();
        });
        once->wait();
        once.reset();
    }
}

// A waker may come late, for an earlier once in the same memory.
TEST(RawOnceLifetimeTest, waits_survive_wakes_that_are_not_for_them) {
    RawOnce once;
    ASSERT_TRUE(once.begin());
    std::atomic<int> returned{0};
    test::Threads threads;
    threads.start([&]() {
        once.wait();
        ++returned;
    });
    threads.start([&]() { returned += once.begin() ? 0 : 1; });
    for (int i = 0; i < 20; ++i) {
        test::wait_for_parked(&once, 2);
        EXPECT_EQ(detail::unpark_all({&once, detail::Kind::Once}, {}), 2U);
    }
    test::wait_for_parked(&once, 2);
    EXPECT_EQ(returned, 0);
    once.complete();
    threads.join();
    EXPECT_EQ(returned, 2);
}

// The late wake of a mutex that was in the same memory does not even reach them.
TEST(RawOnceLifetimeTest, waiters_are_of_a_kind_of_their_own) {
    RawOnce once;
    test::Threads threads;
    threads.start([&]() { once.wait(); });
    test::wait_for_parked(&once, 1);
    EXPECT_EQ(detail::unpark_all({&once, detail::Kind::ByteMutex}, {}), 0U);
    EXPECT_EQ(core::unpark_all(&once), 0U);
    ASSERT_TRUE(once.begin());
    once.complete();
}

}  // namespace
}  // namespace parking_lot
