// SPDX-License-Identifier: MIT
// core as its users see it: locks of their own, built on park and unpark, under load.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "parking_lot/core.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using core::ParkStatus;
using core::RequeueOp;
using core::UnparkResult;
using core::UnparkToken;
using test::kIgnoreTimeOut;
using test::kNothing;
using test::kNoToken;
using test::run_together;

/// The counting semaphore of a first-time user: retries after every wake-up.
class Semaphore {
  public:
    explicit Semaphore(int permits) : permits_{permits} {}

    bool try_acquire() noexcept {
        int permits = permits_.load();
        while (permits > 0 && !permits_.compare_exchange_weak(permits, permits - 1)) {
        }
        return permits > 0;
    }

    bool acquire(Deadline deadline = Deadline::never()) noexcept {
        while (!try_acquire()) {
            const auto none_left = [&]() noexcept { return permits_.load() == 0; };
            const auto result = core::park(this, none_left, kNothing, kIgnoreTimeOut, {}, deadline);
            if (result.status == ParkStatus::TimedOut) return false;
        }
        return true;
    }

    void release() noexcept {
        permits_.fetch_add(1);
        core::unpark_one(this, kNoToken);
    }

    [[nodiscard]] int permits() const noexcept { return permits_.load(); }

  private:
    std::atomic<int> permits_;
};

/// A fair lock: unlock gives the lock, still locked, to the thread that has waited longest.
class HandOffLock {
  public:
    void lock() noexcept {
        for (std::uint8_t state = 0; !state_.compare_exchange_strong(state, kLocked); state = 0) {
            if (state == kLocked && !state_.compare_exchange_strong(state, kLocked | kParked)) {
                continue;
            }
            const auto is_locked = [&]() noexcept { return state_.load() == (kLocked | kParked); };
            const auto result = core::park(this, is_locked, kNothing, kIgnoreTimeOut);
            if (result.status == ParkStatus::Unparked) return;  // handed over
        }
    }

    void unlock() noexcept {
        std::uint8_t alone = kLocked;
        if (state_.compare_exchange_strong(alone, 0)) return;
        core::unpark_one(this, [&](UnparkResult result) noexcept {
            if (result.unparked == 0) {
                state_.store(0);
            } else if (!result.have_more) {
                state_.store(kLocked);
            }
            return UnparkToken{};
        });
    }

  private:
    static constexpr std::uint8_t kLocked = 1;
    static constexpr std::uint8_t kParked = 2;

    std::atomic<std::uint8_t> state_{0};
};

struct CoreLockTest : test::ParkingTest {};

TEST_F(CoreLockTest, SemaphoreOfOneExcludes) {
    constexpr std::size_t kThreads = 8;
    constexpr std::size_t kRounds = 2000;
    Semaphore semaphore{1};
    std::size_t count = 0;
    run_together(kThreads, [&](std::size_t) {
        for (std::size_t i = 0; i < kRounds; ++i) {
            semaphore.acquire();
            ++count;
            semaphore.release();
        }
    });
    EXPECT_EQ(count, kThreads * kRounds);
    EXPECT_EQ(semaphore.permits(), 1);
}

TEST_F(CoreLockTest, SemaphoreOfThreeAdmitsAtMostThree) {
    Semaphore semaphore{3};
    std::atomic<int> inside{0};
    std::atomic<bool> crowded{false};
    run_together(8, [&](std::size_t) {
        for (int i = 0; i < 1000; ++i) {
            semaphore.acquire();
            if (inside.fetch_add(1) >= 3) crowded.store(true);
            inside.fetch_sub(1);
            semaphore.release();
        }
    });
    EXPECT_FALSE(crowded.load());
    EXPECT_EQ(semaphore.permits(), 3);
}

TEST_F(CoreLockTest, SemaphoreWithImpatientThreadsKeepsItsPermits) {
    Semaphore semaphore{1};
    std::size_t count = 0;
    std::atomic<std::size_t> acquired{0};
    run_together(6, [&](std::size_t thread) {
        for (int i = 0; i < 1000; ++i) {
            const bool is_patient = thread < 2;
            const auto patience = std::chrono::microseconds{i % 20};
            if (!semaphore.acquire(is_patient ? Deadline::never() : Deadline::after(patience))) {
                continue;
            }
            ++count;
            acquired.fetch_add(1);
            semaphore.release();
        }
    });
    EXPECT_EQ(count, acquired.load());
    EXPECT_GE(count, 2000u);
    EXPECT_EQ(semaphore.permits(), 1);
}

TEST_F(CoreLockTest, HandOffLockExcludes) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 2000;
    HandOffLock lock;
    std::size_t count = 0;
    run_together(kThreads, [&](std::size_t) {
        for (std::size_t i = 0; i < kRounds; ++i) {
            lock.lock();
            ++count;
            lock.unlock();
        }
    });
    EXPECT_EQ(count, kThreads * kRounds);
}

TEST_F(CoreLockTest, HandOffLockIsFirstInFirstOut) {
    HandOffLock lock;
    std::vector<std::size_t> order;
    lock.lock();
    test::Threads threads;
    for (std::size_t i = 0; i < 8; ++i) {
        threads.start([&, i]() {
            lock.lock();
            order.push_back(i);
            lock.unlock();
        });
        test::wait_for_parked(&lock, i + 1);
    }
    lock.unlock();
    threads.join();
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

/// Every wake-up that an unparker counts reaches exactly one thread, whatever deadlines and
/// requeues cross it.
TEST_F(CoreLockTest, NoWakeUpIsLostOrDoubled) {
    constexpr std::size_t kParkers = 4;
    std::array<char, 2> addresses{};
    std::atomic<std::size_t> woken{0};
    std::atomic<std::size_t> wakes{0};
    std::atomic<std::size_t> running{kParkers};
    run_together(kParkers + 2, [&](std::size_t thread) {
        if (thread < kParkers) {
            for (int i = 0; i < 2000; ++i) {
                const auto deadline = Deadline::after(std::chrono::microseconds{i % 100});
                const auto result = test::park_at(&addresses[thread % 2], {}, deadline);
                if (result.status == ParkStatus::Unparked) woken.fetch_add(1);
            }
            running.fetch_sub(1);
            return;
        }
        const std::size_t from = thread % 2;
        while (running.load() > 0) {
            wakes.fetch_add(test::unpark_one_at(&addresses[from]).unparked);
            const auto moved = core::unpark_requeue(
                &addresses[from], &addresses[1 - from],
                []() noexcept { return RequeueOp::UnparkOneRequeueRest; },
                [](RequeueOp, UnparkResult) noexcept { return UnparkToken{}; });
            wakes.fetch_add(moved.unparked);
            std::this_thread::yield();
        }
    });
    EXPECT_EQ(woken.load(), wakes.load());
}

/// Threads that end as soon as they are woken: AddressSanitizer sees a waker that touches them
/// late.
TEST_F(CoreLockTest, WaiterMayBeGoneAsSoonAsItIsNotified) {
    int address = 0;
    for (int round = 0; round < 100; ++round) {
        test::Threads threads;
        for (int i = 0; i < 4; ++i) threads.start([&]() { (void)test::park_at(&address); });
        std::size_t left = 4;
        while (left > 0) {
            left -= core::unpark_all(&address);
            std::this_thread::yield();
        }
    }
}

/// The same without ending a thread: the node is on a stack frame that is used again at once.
TEST_F(CoreLockTest, WaiterParksAgainAsSoonAsItIsNotified) {
    int address = 0;
    constexpr std::size_t kRounds = 5000;
    test::Threads threads;
    for (int i = 0; i < 2; ++i) {
        threads.start([&]() {
            for (std::size_t round = 0; round < kRounds; ++round) {
                EXPECT_EQ(test::park_at(&address, core::ParkToken{round}).token.value, 77u);
            }
        });
    }
    for (std::size_t woken = 0; woken < 2 * kRounds;) {
        woken += core::unpark_one(&address, [](UnparkResult) noexcept {
                     return UnparkToken{77};
                 }).unparked;
        std::this_thread::yield();
    }
}

}  // namespace
}  // namespace parking_lot
