// SPDX-License-Identifier: MIT
// Bugs that other libraries' condition variables had; the names tell whose and which.
#include "parking_lot/condvar.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>

#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

int value_of(Mutex<int>& mutex) {
    const auto guard = mutex.lock();
    return *guard;
}

// Rust parking_lot fbd45c2 (issue 129): a waiter that timed out took itself for the last one,
// though others waited ahead of it; their notifications were lost.
TEST(CondvarRegressionTest, rust_fbd45c2_a_timeout_does_not_forget_those_ahead) {
    constexpr int kThreads = 4;
    Mutex<int> waiting{0};
    Condvar condvar;
    test::Threads threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            auto guard = waiting.lock();
            ++*guard;
            condvar.wait(guard);
            (void)condvar.wait_for(guard, 1ms);
            condvar.notify_one();
        });
    }
    test::wait_until([&]() { return value_of(waiting) == kThreads; });
    EXPECT_TRUE(condvar.notify_one());
}

// The same, with the one that times out in the middle and at the end.
TEST(CondvarRegressionTest, rust_fbd45c2_a_timeout_leaves_the_others_in_the_queue) {
    Mutex<int> waiting{0};
    Condvar condvar;
    test::Threads threads;
    std::atomic<int> timed_out{0};
    auto start = [&](bool has_deadline) {
        const int before = value_of(waiting);
        threads.start([&, has_deadline]() {
            auto guard = waiting.lock();
            ++*guard;
            if (has_deadline) {
                EXPECT_FALSE(condvar.wait_for(guard, 1ms));
                ++timed_out;
            } else {
                condvar.wait(guard);
            }
        });
        test::wait_until([&]() { return value_of(waiting) > before; });
    };
    for (const bool has_deadline : {false, true, false, true}) start(has_deadline);
    test::wait_until([&]() { return timed_out == 2; });
    EXPECT_TRUE(condvar.notify_one());
    EXPECT_EQ(condvar.notify_all(), 1U);
}

// Rust parking_lot 8576e09: notify_all looked at the condition variable again, after all waiters
// had timed out.
TEST(CondvarRegressionTest, rust_8576e09_notify_all_while_the_last_waiter_times_out) {
    Mutex<int> mutex{0};
    Condvar condvar;
    std::atomic<bool> done{false};
    test::Threads notifier;
    notifier.start([&]() {
        while (!done) {
            condvar.notify_all();
            std::this_thread::yield();
        }
    });
    for (int i = 0; i < 300; ++i) {
        auto guard = mutex.lock();
        (void)condvar.wait_for(guard, std::chrono::microseconds{i % 30});
    }
    done = true;
}

// Rust parking_lot 0.12.5, mended in 0.13: a conditional wait reported a timeout though its
// condition held by then.
TEST(CondvarRegressionTest, rust_0_13_the_predicate_is_asked_again_at_the_timeout) {
    Mutex<int> mutex{0};
    Condvar condvar;
    auto guard = mutex.lock();
    EXPECT_TRUE(condvar.wait_for(guard, 5ms, [asked = 0]() mutable { return ++asked > 1; }));
    const auto time = std::chrono::steady_clock::now() + 5ms;
    EXPECT_TRUE(condvar.wait_until(guard, time, [asked = 0]() mutable { return ++asked > 1; }));
}

// Rust parking_lot 6d8fa72 (issue 111): now plus the longest duration overflowed.
TEST(CondvarRegressionTest, rust_6d8fa72_the_longest_duration_is_for_ever) {
    Mutex<int> mutex{0};
    Condvar condvar;
    test::Threads waiter;
    waiter.start([&]() {
        auto guard = mutex.lock();
        *guard = 1;
        EXPECT_TRUE(condvar.wait_for(guard, std::chrono::nanoseconds::max()));
    });
    test::wait_until([&]() { return value_of(mutex) == 1; });
    EXPECT_TRUE(condvar.notify_one());
}

// Rust parking_lot throws when a condition variable is used with a second mutex while threads wait
// with the first.
TEST(CondvarRegressionTest, rust_two_mutexes_may_share_a_condvar) {
    Mutex<int> one{0};
    Mutex<int> other{0};
    Condvar condvar;
    test::Threads threads;
    for (Mutex<int>* mutex : {&one, &other}) {
        threads.start([&, mutex]() {
            auto guard = mutex->lock();
            *guard = 1;
            condvar.wait(guard);
        });
        test::wait_until([&]() { return value_of(*mutex) == 1; });
    }
    EXPECT_EQ(condvar.notify_all(), 2U);
}

// libstdc++ PR 54185: a condition variable was destroyed after notify_all while the threads that it
// had woken still used it. (For ASan.)
TEST(CondvarRegressionTest, libstdcxx_54185_destroyed_after_notify_all) {
    constexpr int kThreads = 4;
    for (int round = 0; round < 20; ++round) {
        Mutex<int> waiting{0};
        auto condvar = std::make_unique<Condvar>();
        test::Threads threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.start([&, shared = condvar.get()]() {
                auto guard = waiting.lock();
                ++*guard;
                shared->wait(guard);
            });
        }
        test::wait_until([&]() { return value_of(waiting) == kThreads; });
        EXPECT_EQ(condvar->notify_all(), static_cast<std::size_t>(kThreads));
        condvar.reset();
    }
}

/// A lock at the address of its first member, which is a lock, too.
struct Traced {
    void lock() { raw.lock(); }
    void unlock() { raw.unlock(); }
    RawMutex raw;
};

// Threads that wait with different locks at one address are not to be queued as if it were one.
TEST(CondvarRegressionTest, locks_of_different_types_may_share_an_address) {
    for (int round = 0; round < 100; ++round) {
        Traced traced;
        Condvar condvar;
        int waiting = 0;
        bool go = false;
        const auto wait_with = [&](auto& lock_type) {
            std::unique_lock lock{lock_type};
            ++waiting;
            condvar.wait(lock, [&]() { return go; });
        };
        test::Threads threads;
        for (int i = 0; i < 2; ++i) {
            threads.start([&]() { wait_with(traced.raw); });
            threads.start([&]() { wait_with(traced); });
        }
        test::wait_until([&]() {
            const std::unique_lock lock{traced.raw};
            return waiting == 4;
        });
        {
            const std::unique_lock lock{traced.raw};
            go = true;
            (void)condvar.notify_all();
        }
        traced.raw.lock();
        traced.raw.unlock_fair();
    }
}

/// Does more than the lock it is derived from.
struct Counting : RawMutex {
    void lock() {
        RawMutex::lock();
        ++held;
    }
    void unlock() {
        --held;
        RawMutex::unlock();
    }
    int held = 0;
};

// A wait has to relock by the function of the lock it was given, not by that of its base.
TEST(CondvarRegressionTest, derived_lock_is_locked_by_its_own_function) {
    Counting counting;
    Condvar condvar;
    bool waiting = false;
    bool go = false;
    test::Threads threads;
    threads.start([&]() {
        std::unique_lock lock{counting};
        waiting = true;
        condvar.wait(lock, [&]() { return go; });
        EXPECT_EQ(counting.held, 1);
    });
    test::wait_until([&]() {
        const std::unique_lock lock{counting};
        return waiting;
    });
    const std::unique_lock lock{counting};
    go = true;
    EXPECT_TRUE(condvar.notify_one());
}

}  // namespace
}  // namespace parking_lot
