// SPDX-License-Identifier: MIT
// BucketLock, FairTimer, and the layout of a bucket.
#include "parking_lot/detail/bucket.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <type_traits>

#include "support/asleep.hpp"
#include "support/threads.hpp"

namespace parking_lot::detail {
namespace {

using namespace std::chrono_literals;

static_assert(sizeof(Bucket) == 64);
static_assert(alignof(Bucket) == 64);
static_assert(sizeof(BucketLock) == 4);
static_assert(std::is_trivially_destructible_v<Bucket>);

constinit BucketLock constant_initialized;

TEST(BucketLock, LocksAndUnlocks) {
    for (int i = 0; i < 3; ++i) {
        constant_initialized.lock();
        constant_initialized.unlock();
    }
}

TEST(BucketLock, Excludes) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 10'000;
    BucketLock lock;
    std::size_t count = 0;
    test::run_together(kThreads, [&](std::size_t) {
        for (std::size_t i = 0; i < kRounds; ++i) {
            lock.lock();
            ++count;
            lock.unlock();
        }
    });
    EXPECT_EQ(count, kThreads * kRounds);
}

TEST(BucketLock, ExcludesWhenItsHolderIsDescheduled) {
    constexpr std::size_t kThreads = 8;
    constexpr std::size_t kRounds = 100;
    BucketLock lock;
    std::size_t count = 0;
    test::run_together(kThreads, [&](std::size_t) {
        for (std::size_t i = 0; i < kRounds; ++i) {
            lock.lock();
            const std::size_t before = count;
            std::this_thread::yield();  // so that the others use up their spins, and sleep
            count = before + 1;
            lock.unlock();
        }
    });
    EXPECT_EQ(count, kThreads * kRounds);
}

TEST(BucketLock, WakesThoseWhoSleep) {
    BucketLock lock;
    std::size_t count = 0;
    std::array<std::atomic<int>, 4> numbers{};
    lock.lock();
    test::Threads threads;
    for (auto& number : numbers) {
        threads.start([&]() {
            number.store(test::thread_number());
            lock.lock();
            ++count;
            lock.unlock();
        });
    }
    for (const auto& number : numbers) {
        test::wait_until([&]() { return number.load() != 0; });
        test::wait_until_asleep(number.load());
    }
    EXPECT_EQ(count, 0u);
    lock.unlock();
    threads.join();
    EXPECT_EQ(count, 4u);
}

TEST(BucketLock, InASignalHandlerItGivesUpWhileItIsHeld) {
    BucketLock lock;
    lock.lock();
    EXPECT_FALSE(lock.lock_in_signal_handler());
    lock.unlock();
    EXPECT_TRUE(lock.lock_in_signal_handler());
    lock.unlock_in_signal_handler();
    lock.lock();
    lock.unlock();
}

TEST(BucketLock, ThoseWhoSleepGoOnAfterASignalHandler) {
    BucketLock lock;
    std::atomic<int> number{0};
    ASSERT_TRUE(lock.lock_in_signal_handler());
    test::Threads threads;
    threads.start([&]() {
        number.store(test::thread_number());
        lock.lock();
        lock.unlock();
    });
    test::wait_until([&]() { return number.load() != 0; });
    test::wait_until_asleep(number.load());
    lock.unlock_in_signal_handler();
    threads.join();  // hangs if it sleeps on
}

TEST(BucketLock, ResetAfterForkFreesIt) {
    BucketLock lock;
    lock.reset_after_fork();
    lock.lock();
    lock.reset_after_fork();
    lock.lock();
    lock.unlock();
}

TEST(FairTimer, IsDueAtFirstAndAgainAfterTheInterval) {
    FairTimer timer;
    EXPECT_TRUE(timer.is_due());
    const Deadline interval = Deadline::after(500us);
    test::wait_until([&]() { return interval.has_passed(); });
    EXPECT_TRUE(timer.is_due());
}

TEST(FairTimer, IsNotDueMoreOftenThanOnceInTheInterval) {
    FairTimer timer;
    const auto start = Deadline::Clock::now();
    long turns = 0;
    for (int i = 0; i < 20'000; ++i) turns += timer.is_due() ? 1 : 0;
    const auto elapsed = Deadline::Clock::now() - start;
    EXPECT_GE(turns, 1);
    EXPECT_LE(turns, 1 + elapsed / 500us);
}

}  // namespace
}  // namespace parking_lot::detail
