// SPDX-License-Identifier: MIT
// Bugs that parking_lot's forerunners had in queues, wake-ups and requeues. The numbers are those
// of our notes on them; 90 and up are of this library's own design.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "parking_lot/core.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using core::ParkStatus;
using core::RequeueOp;
using core::UnparkResult;
using core::UnparkToken;
using test::park_at;

// Threads were woken with the queue still locked, and all ran into that lock. Here each of very
// many needs the queue as soon as it wakes.
TEST(Regression, 01_unpark_all_of_many_threads) {
    constexpr std::size_t kThreads = 400;
    int address = 0;
    std::atomic<std::size_t> unparked{0};
    test::Threads threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            if (park_at(&address).status == ParkStatus::Unparked) unparked.fetch_add(1);
            core::unpark_all(&address);
        });
    }
    test::wait_for_parked(&address, kThreads);
    EXPECT_EQ(core::unpark_all(&address), kThreads);
    threads.join();
    EXPECT_EQ(unparked.load(), kThreads);
    EXPECT_EQ(test::parked_anywhere(), 0u);
}

// The waker touched the sleeper's node when the sleeper's thread could have ended.
TEST(Regression, 02_waker_leaves_the_node_of_an_ended_thread_alone) {
    int address = 0;
    for (int round = 0; round < 200; ++round) {
        test::Threads threads;
        threads.start([&]() { (void)park_at(&address); });
        while (test::unpark_one_at(&address).unparked == 0) std::this_thread::yield();
    }
    EXPECT_EQ(test::parked_anywhere(), 0u);
}

// The woken thread could miss what the waker had written. ThreadSanitizer sees it.
TEST(Regression, 03_woken_thread_sees_the_wakers_writes) {
    int address = 0;
    std::array<std::size_t, 100> messages{};
    test::Threads threads;
    threads.start([&]() {
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const std::size_t number = park_at(&address).token.value;
            EXPECT_EQ(messages[number], number);
        }
    });
    for (std::size_t i = 0; i < messages.size(); ++i) {
        messages[i] = i;
        const auto with_number = [i](UnparkResult) noexcept { return UnparkToken{i}; };
        while (core::unpark_one(&address, with_number).unparked == 0) std::this_thread::yield();
    }
}

// A thread that lost the race for the queue's lock retried for ever with a state it had read before
// it slept.
TEST(Regression, 05_loser_of_the_queue_lock_looks_again) {
    detail::BucketLock lock;
    std::size_t count = 0;
    test::run_together(6, [&](std::size_t) {
        for (int i = 0; i < 300; ++i) {
            lock.lock();
            if (i % 10 == 0) std::this_thread::yield();
            ++count;
            lock.unlock();
        }
    });
    EXPECT_EQ(count, 1800u);
}

// "Did I time out?" was answered while an unpark was in flight: woken by it, or timed out, but the
// other side thought otherwise.
TEST(Regression, 06_time_out_and_unpark_agree_on_who_came_first) {
    int address = 0;
    std::size_t unparked_by_callback = 0;  // both guarded by the queue
    std::size_t timed_out_by_callback = 0;
    std::atomic<std::size_t> unparked{0};
    std::atomic<std::size_t> timed_out{0};
    std::atomic<bool> done{false};
    test::Threads threads;
    threads.start([&]() {
        while (!done.load()) {
            core::unpark_one(&address, [&](UnparkResult result) noexcept {
                unparked_by_callback += result.unparked;
                return UnparkToken{};
            });
            std::this_thread::yield();
        }
    });
    test::run_together(2, [&](std::size_t) {
        for (int i = 0; i < 1500; ++i) {
            const auto result = core::park(
                &address, test::kSleep, test::kNothing,
                [&](const void*, bool) noexcept { ++timed_out_by_callback; }, {},
                Deadline::after(std::chrono::microseconds{i % 60}));
            (result.status == ParkStatus::Unparked ? unparked : timed_out).fetch_add(1);
        }
    });
    done.store(true);
    threads.join();
    EXPECT_EQ(unparked.load(), unparked_by_callback);
    EXPECT_EQ(timed_out.load(), timed_out_by_callback);
    EXPECT_EQ(unparked.load() + timed_out.load(), 3000u);
}

// "Was I the last?" did not count those ahead of the thread that timed out, so the lock forgot that
// they waited, and the next wake-up was not sent.
TEST(Regression, 07_was_last_counts_those_ahead_and_those_behind) {
    int address = 0;
    test::Sleepers sleepers;
    std::vector<bool> was_last;
    const auto time_out = [&]() {
        (void)core::park(
            &address, test::kSleep, test::kNothing,
            [&](const void*, bool last) noexcept { was_last.push_back(last); }, {},
            Deadline::passed());
    };
    for (int i = 0; i < 4; ++i) {
        time_out();
        sleepers.park(&address);
    }
    time_out();
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(test::unpark_one_at(&address).unparked, 1u);
        EXPECT_EQ(sleepers.result_of(i).status, ParkStatus::Unparked);
        time_out();
    }
    EXPECT_EQ(was_last, (std::vector<bool>{true, false, false, false, false,  //
                                           false, false, false, true}));
}

// The lock of a queue had too weak an order: two holders saw each other's writes late.
TEST(Regression, 20_queue_lock_orders_memory) {
    detail::BucketLock lock;
    std::array<std::size_t, 8> copies{};
    std::atomic<int> torn{0};
    test::run_together(3, [&](std::size_t) {
        for (int i = 0; i < 2000; ++i) {
            lock.lock();
            for (std::size_t& copy : copies) {
                if (copy != copies.front() && copy + 1 != copies.front()) torn.fetch_add(1);
                ++copy;
            }
            lock.unlock();
        }
    });
    EXPECT_EQ(torn.load(), 0);
    EXPECT_EQ(copies.back(), 6000u);
}

// A thread that timed out looked for itself in the queue from which it had been requeued.
TEST(Regression, 90_time_out_of_a_requeued_thread_finds_its_queue) {
    std::array<char, 2> addresses{};
    std::atomic<bool> done{false};
    std::atomic<std::size_t> wrong{0};
    test::Threads movers;
    movers.start([&]() {
        for (std::size_t i = 0; !done.load(); ++i) {
            (void)core::unpark_requeue(
                &addresses[i % 2], &addresses[1 - i % 2],
                []() noexcept { return RequeueOp::RequeueAll; },
                [](RequeueOp, UnparkResult) noexcept { return UnparkToken{}; });
            std::this_thread::yield();
        }
    });
    test::run_together(3, [&](std::size_t) {
        for (int i = 0; i < 1000; ++i) {
            bool called = false;
            const auto result = core::park(
                &addresses[0], test::kSleep, test::kNothing,
                [&](const void* address, bool) noexcept {
                    called = address == &addresses[0] || address == &addresses[1];
                },
                {}, Deadline::after(std::chrono::microseconds{i % 40}));
            if (result.status != ParkStatus::TimedOut || !called) wrong.fetch_add(1);
        }
    });
    done.store(true);
    movers.join();
    EXPECT_EQ(wrong.load(), 0u);
    EXPECT_EQ(test::parked_anywhere(), 0u);
}

}  // namespace
}  // namespace parking_lot
