// SPDX-License-Identifier: MIT
// Bugs that other libraries had at the end of threads, processes and locks. Numbers:
// section 3 of the list of known bugs of Rust's parking_lot.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>

#include "parking_lot/mutex.hpp"
#include "support/child.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

constinit Mutex<int> used_by_dying_threads{};

struct LocksWhenItsThreadEnds {
    LocksWhenItsThreadEnds() = default;
    LocksWhenItsThreadEnds(const LocksWhenItsThreadEnds&) = delete;
    LocksWhenItsThreadEnds& operator=(const LocksWhenItsThreadEnds&) = delete;
    ~LocksWhenItsThreadEnds() {
        used_by_dying_threads.with_lock([](int& count) { ++count; });
    }
    bool used = false;
};

thread_local LocksWhenItsThreadEnds locks_when_its_thread_ends;

// A lock taken in a thread-local destructor used thread-local data that was gone.
TEST(Regression, 12_13_contended_lock_in_thread_local_destructors) {
    auto guard = used_by_dying_threads.lock();
    const int before = *guard;
    test::Threads threads;
    test::Meeting all_started{4};  // see ending_together()
    for (int i = 0; i < 3; ++i) {
        threads.start([&]() {
            locks_when_its_thread_ends.used = true;
            all_started.arrive_and_wait();
        });
    }
    all_started.arrive_and_wait();
    test::wait_for_parked(&used_by_dying_threads.raw(), test::ending_together(3));
    guard.unlock();
    threads.join();
    EXPECT_EQ(used_by_dying_threads.with_lock([](int count) { return count; }), before + 3);
}

// A forked child inherited locked buckets and queues of threads that do not exist there.
TEST(Regression, 47_forked_child_is_not_stuck) {
    SKIP_WITHOUT_FORK();
    Mutex<int> mutex;
    std::atomic<bool> stop{false};
    test::Threads contenders;
    for (int i = 0; i < 3; ++i) {
        contenders.start([&]() {
            while (!stop) mutex.with_lock([](int& value) { ++value; });
        });
    }
    for (int round = 0; round < 10; ++round) {
        (void)mutex.lock().leak();
        test::wait_for_parked(&mutex.raw(), 1);
        const int in_child = test::run_in_child([&]() {
            mutex.force_unlock_fair();
            for (int i = 0; i < 3; ++i) mutex.with_lock([](int& value) { ++value; });
            return mutex.is_locked() || test::parked_anywhere() != 0 ? 1 : 0;
        });
        EXPECT_EQ(in_child, 0);
        mutex.force_unlock();
    }
    stop = true;
}

// After the unlock that lets the next owner in, that owner may destroy the lock; the unlocker wrote
// to it once more.
TEST(Regression, 51_unlock_does_not_touch_a_lock_that_is_gone) {
    for (int round = 0; round < 100; ++round) {
        auto mutex = std::make_unique<Mutex<int>>();
        auto guard = mutex->lock();
        test::Threads next_owner;
        next_owner.start([&mutex]() {
            mutex->with_lock([](int& value) { ++value; });
            mutex.reset();
        });
        test::wait_for_parked(&guard.raw(), 1);
        if (round % 2 == 0) {
            guard.unlock();
        } else {
            guard.unlock_fair();
        }
    }
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

}  // namespace
}  // namespace parking_lot
