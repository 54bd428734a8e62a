// SPDX-License-Identifier: MIT
// fork: while other threads are parked or contend, the child gets an empty, working parking table.
//
// The other threads allocate nothing once they have begun: an allocator's lock that one of them
// held could not be taken in the child (AddressSanitizer's allocator does not know of fork).
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

#include "parking_lot/core.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using core::ParkStatus;

struct ForkTest : test::ParkingTest {};

/// What a child does to see that parking works: returns 0, or the number of what failed.
int use_parking() {
    if (test::parked_anywhere() != 0) return 1;
    int address = 0;
    for (int i = 0; i < 3; ++i) {
        core::ParkResult result{ParkStatus::Invalid, {}};
        std::thread parked{[&]() { result = test::park_at(&address); }};
        test::wait_for_parked(&address, 1);
        if (!test::unpark_one_at(&address).unparked) return 2;
        parked.join();
        if (result.status != ParkStatus::Unparked) return 3;
    }
    return test::parked_anywhere() == 0 ? 0 : 4;
}

/// Several threads take turns with `lock`: returns 0, or the number of what failed.
template <class Lock>
int use_lock(Lock& lock) {
    std::size_t count = 0;
    test::run_together(3, [&](std::size_t) {
        for (int i = 0; i < 200; ++i) {
            lock.lock();
            ++count;
            if (i % 20 == 0) std::this_thread::yield();
            lock.unlock();
        }
    });
    return count == 600 ? 0 : 5;
}

TEST_F(ForkTest, WithOneThread) {
    RawMutex lock;
    EXPECT_EQ(test::run_in_child([&]() { return use_parking() + use_lock(lock); }), 0);
}

TEST_F(ForkTest, ThreadsThatAreParkedDoNotExistInTheChild) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    std::array<char, 8> addresses{};
    test::Sleepers sleepers;
    for (const char& address : addresses) {
        sleepers.park(&address);
        sleepers.park(&address);
    }
    EXPECT_EQ(test::run_in_child([&]() {
                  if (core::unpark_all(&addresses[0]) != 0) return 10;
                  return use_parking();
              }),
              0);
    // The parent is as it was.
    for (const char& address : addresses) EXPECT_EQ(core::unpark_all(&address), 2u);
}

TEST_F(ForkTest, ChildParksAtAnAddressThatTheParentUses) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    int address = 0;
    test::Sleepers sleepers;
    sleepers.park_many(&address, 3);
    EXPECT_EQ(test::run_in_child([&]() {
                  std::thread parked{[&]() { (void)test::park_at(&address); }};
                  test::wait_for_parked(&address, 1);
                  const core::UnparkResult result = test::unpark_one_at(&address);
                  parked.join();
                  return result.unparked == 1 && !result.have_more ? 0 : 1;
              }),
              0);
    EXPECT_EQ(core::unpark_all(&address), 3u);
}

TEST_F(ForkTest, ForkingThreadHoldsItsLocksInTheChild) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    RawMutex lock;
    lock.lock();
    test::Threads threads;
    for (int i = 0; i < 2; ++i) {
        threads.start([&]() {
            lock.lock();
            lock.unlock();
        });
    }
    test::wait_for_parked(&lock, 2);
    const int code = test::run_in_child([&]() {
        lock.unlock();  // finds nobody in the queue
        return use_lock(lock);
    });
    lock.unlock();
    EXPECT_EQ(code, 0);
}

/// Forks again and again while other threads run `work()`.
template <class Work, class InChild>
void fork_amid(Work&& work, InChild&& in_child) {
    constexpr std::size_t kThreads = 3;
    std::atomic<std::size_t> begun{0};
    std::atomic<bool> stop{false};
    test::Threads threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            begun.fetch_add(1);
            while (!stop.load()) work();
        });
    }
    test::wait_until([&]() { return begun.load() == kThreads; });
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(test::run_in_child(in_child), 0);
    }
    stop.store(true);
}

TEST_F(ForkTest, WhileThreadsParkAndUnpark) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    int address = 0;
    fork_amid(
        [&]() {
            (void)test::park_at(&address, {}, Deadline::passed());
            core::unpark_all(&address);
            (void)core::unpark_requeue(
                &address, &address + 1, []() noexcept { return core::RequeueOp::RequeueAll; },
                [](core::RequeueOp, core::UnparkResult) noexcept { return core::UnparkToken{}; });
        },
        []() { return use_parking(); });
}

TEST_F(ForkTest, WhileThreadsContendForAnotherLock) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    RawMutex contended;
    RawFairMutex contended_too;
    RawMutex free_one;
    fork_amid(
        [&]() {
            contended.lock();
            contended.unlock();
            contended_too.lock();
            contended_too.unlock();
        },
        [&]() { return use_parking() + use_lock(free_one); });
}

TEST_F(ForkTest, WhileThreadsHeatLocks) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    int address = 0;
    RawMutex free_one;
    fork_amid(
        [&]() {
            detail::Bucket& bucket = detail::table().bucket_of(&address);
            bucket.lock.lock();
            detail::publish_heating();
            bucket.lock.unlock();
        },
        [&]() { return use_parking() + use_lock(free_one); });
}

TEST_F(ForkTest, GrandchildOfAChildWithThreads) {
    SKIP_WITHOUT_THREADS_IN_CHILD();
    test::Sleepers sleepers;
    int address = 0;
    sleepers.park(&address);
    EXPECT_EQ(test::run_in_child([&]() {
                  std::thread parked{[&]() { (void)test::park_at(&address); }};
                  test::wait_for_parked(&address, 1);
                  const int code = test::run_in_child([]() { return use_parking(); });
                  core::unpark_all(&address);
                  parked.join();
                  return code;
              }),
              0);
    core::unpark_all(&address);
}

}  // namespace
}  // namespace parking_lot
