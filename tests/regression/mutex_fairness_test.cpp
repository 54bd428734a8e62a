// SPDX-License-Identifier: MIT
// Bugs that other libraries had in fairness and waiting, of mutexes. Numbers:
// section 3 of the list of known bugs of Rust's parking_lot.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>

#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/mutex.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

// unlock_fair() of a guard also ran the destructor's unlock: the lock was unlocked twice.
TEST(Regression, 22_unlock_fair_unlocks_once) {
    Mutex<int> mutex;
    std::atomic<bool> may_unlock{false};
    test::Threads waiter;
    {
        auto guard = mutex.lock();
        waiter.start([&]() {
            const auto own = mutex.lock();
            test::wait_until([&]() { return may_unlock.load(); });
        });
        test::wait_for_parked(&mutex.raw(), 1);
        guard.unlock_fair();
    }
    EXPECT_TRUE(mutex.is_locked());  // by the waiter, whose lock the destructor left alone
    may_unlock = true;
}

// A time-out while parked left the parked bit set, or took bits from the word that others owned:
// the lock was dead for everyone.
TEST(Regression, 27_33_timeouts_leave_the_lock_usable) {
    Mutex<int> mutex;
    for (int round = 0; round < 5; ++round) {
        auto guard = mutex.lock();
        test::run_together(4, [&](std::size_t index) {
            EXPECT_FALSE(mutex.try_lock_for(std::chrono::microseconds{200 * index}).has_value());
        });
        guard.unlock();
        EXPECT_TRUE(mutex.try_lock().has_value());
    }
    test::run_together(4, [&](std::size_t index) {
        for (int i = 0; i < 300; ++i) {
            if (index < 2) {
                mutex.with_lock([](int& value) { ++value; });
            } else if (auto guard = mutex.try_lock_for(std::chrono::microseconds{i % 20})) {
                ++**guard;
            }
        }
    });
    EXPECT_GE(mutex.get_mut(), 600);
    EXPECT_FALSE(mutex.is_locked());
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

// bump() did nothing although somebody waited.
TEST(Regression, 35_bump_always_lets_a_waiter_in) {
    Mutex<int> mutex;
    auto guard = mutex.lock();
    for (int round = 1; round <= 50; ++round) {
        test::Threads waiter;
        waiter.start([&]() { mutex.with_lock([](int& turns) { ++turns; }); });
        test::wait_for_parked(&mutex.raw(), 1);
        guard.bump();
        ASSERT_EQ(*guard, round);
    }
}

// A fair unlock was no fairer than a plain one: the unlocker's next lock got in first.
TEST(Regression, 37_unlock_fair_is_fair_every_time) {
    Mutex<int> mutex;
    auto guard = mutex.lock();
    for (int round = 1; round <= 200; ++round) {
        test::Threads waiter;
        waiter.start([&]() { mutex.with_lock([](int& turns) { ++turns; }); });
        test::wait_for_parked(&mutex.raw(), 1);
        guard.unlock_fair();
        guard = mutex.lock();
        ASSERT_EQ(*guard, round);
    }
}

// Threads that spun by yielding for ever kept the holder from running. Here all of them go to
// sleep.
TEST(Regression, 48_waiters_end_up_asleep) {
    constexpr std::size_t kWaiters = 40;
    Mutex<std::size_t> mutex;
    FairMutex<std::size_t> fair;
    auto guard = mutex.lock();
    auto fair_guard = fair.lock();
    test::Threads waiters;
    for (std::size_t i = 0; i < kWaiters; ++i) {
        waiters.start([&]() {
            mutex.with_lock([](std::size_t& count) { ++count; });
            fair.with_lock([](std::size_t& count) { ++count; });
        });
    }
    test::wait_for_parked(&mutex.raw(), kWaiters);
    guard.unlock();
    test::wait_for_parked(&fair.raw(), kWaiters);
    fair_guard.unlock();
    waiters.join();
    EXPECT_EQ(mutex.get_mut(), kWaiters);
    EXPECT_EQ(fair.get_mut(), kWaiters);
}

}  // namespace
}  // namespace parking_lot
