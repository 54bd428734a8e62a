// SPDX-License-Identifier: MIT
// Bugs that other libraries' onces and reentrant mutexes had; the names tell whose and which.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "parking_lot/lazy.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "support/child.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

// Rust parking_lot cfb45d2: the slow path did not look at the state again after a wake-up.
TEST(OnceRegressionTest, rust_cfb45d2_a_woken_caller_looks_at_the_state_again) {
    Once once;
    test::Threads caller;
    once.call_once([&]() {
        caller.start([&]() { once.call_once([]() { FAIL(); }); });
        test::wait_for_parked(&once, 1);
    });
    caller.join();
    EXPECT_EQ(once.state(), OnceState::Done);
}

// Rust parking_lot 4b43923: the waker touched a sleeper that could have gone. (For ASan.)
TEST(OnceRegressionTest, rust_4b43923_threads_may_end_as_soon_as_they_are_woken) {
    for (int round = 0; round < 20; ++round) {
        Once once;
        test::Threads callers;
        once.call_once([&]() {
            for (int i = 0; i < 8; ++i) callers.start([&]() { once.call_once([]() {}); });
            test::wait_for_parked(&once, 8);
        });
    }
}

// Rust parking_lot 82f40ee, 2afab63: locks failed in destructors of thread-local variables.
TEST(OnceRegressionTest, rust_82f40ee_works_in_destructors_of_thread_locals) {
    static Once once;
    static Lazy answer{[]() { return 42; }};
    static RawReentrantMutex mutex;
    static std::atomic<int> destroyed{0};
    struct AtExit {
        ~AtExit() {
            once.call_once([]() {});
            mutex.lock();
            mutex.lock();
            destroyed += *answer == 42 ? 1 : 0;
            mutex.unlock();
            mutex.unlock();
        }
        void touch() const {}
    };
    mutex.lock();
    test::Threads threads;
    test::Meeting all_started{3};
    once.call_once([&]() {
        for (int i = 0; i < 2; ++i) {
            threads.start([&]() {
                static thread_local const AtExit at_exit;
                at_exit.touch();
                all_started.arrive_and_wait();
            });
        }
        all_started.arrive_and_wait();
        test::wait_for_parked(&once, test::ending_together(2));
    });
    test::wait_until(
        []() { return test::parked_anywhere() == test::ending_together(2); });  // now at the mutex
    mutex.unlock();
    threads.join();
    EXPECT_EQ(destroyed, 2);
}

// Rust parking_lot 6d8fa72: the longest duration overflowed to a past deadline.
TEST(OnceRegressionTest, rust_6d8fa72_the_longest_durations_wait) {
    Once once;
    RawReentrantMutex mutex;
    mutex.lock();
    test::Threads threads;
    threads.start([&]() { EXPECT_TRUE(once.wait_for(std::chrono::hours::max())); });
    threads.start([&]() { EXPECT_TRUE(once.wait_for(std::chrono::nanoseconds::max())); });
    threads.start([&]() {
        EXPECT_TRUE(mutex.try_lock_for(std::chrono::duration<double>::max()));
        mutex.unlock();
    });
    test::wait_until([]() { return test::parked_anywhere() == 3; });
    once.call_once([]() {});
    mutex.unlock();
}

// Rust parking_lot #515, #516: a forked child found queues of threads that it does not have.
TEST(OnceRegressionTest, rust_516_a_once_with_waiters_works_in_a_forked_child) {
    SKIP_WITHOUT_FORK();
    Once once;
    test::Threads waiters;
    for (int i = 0; i < 3; ++i) waiters.start([&]() { once.wait(); });
    test::wait_for_parked(&once, 3);
    EXPECT_EQ(test::run_in_child([&]() {
                  int runs = 0;
                  once.call_once([&]() { ++runs; });
                  once.call_once([&]() { ++runs; });
                  return runs == 1 && once.is_done() ? 0 : 1;
              }),
              0);
    once.call_once([]() {});
}

// Rust parking_lot da16c2c: the depth was stored after the release, over that of the next owner.
TEST(ReentrantRegressionTest, rust_da16c2c_depth_is_written_before_the_release) {
    RawReentrantMutex mutex;
    int inside = 0;
    test::run_together(3, [&](std::size_t) {
        for (int i = 0; i < 5000; ++i) {
            mutex.lock();
            mutex.lock();
            ++inside;
            mutex.unlock();
            EXPECT_TRUE(mutex.is_owned_by_current_thread());
            EXPECT_EQ(inside, 1);
            --inside;
            mutex.unlock();
        }
    });
    EXPECT_FALSE(mutex.is_locked());
}

// Rust parking_lot #390: after bump() the depth was that of before.
TEST(ReentrantRegressionTest, rust_390_bump_leaves_the_depth_right) {
    RawReentrantMutex mutex;
    mutex.lock();
    {
        test::Threads waiter;
        waiter.start([&]() {
            for (int i = 0; i < 3; ++i) mutex.lock();
            for (int i = 0; i < 3; ++i) mutex.unlock();
        });
        test::wait_until([]() { return test::parked_anywhere() == 1; });
        mutex.bump();
    }
    mutex.lock();
    mutex.unlock();
    EXPECT_TRUE(mutex.is_owned_by_current_thread());
    mutex.unlock();
    EXPECT_FALSE(mutex.is_owned_by_current_thread());
    EXPECT_FALSE(mutex.is_locked());
}

// Rust parking_lot #355: mapping a reentrant guard gave mutable access.
template <class Guard, class Function>
concept MapsBy = requires(Guard guard, Function function) { std::move(guard).map(function); };
template <class Guard, class Function>
concept TriesToMapBy =
    requires(Guard guard, Function function) { std::move(guard).try_map(function); };

TEST(ReentrantRegressionTest, rust_355_no_guard_gives_mutable_access) {
    using Guard = ReentrantMutex<std::string>::Guard;
    static_assert(MapsBy<Guard, char const& (*)(const std::string&)>);
    static_assert(TriesToMapBy<Guard, char const* (*)(const std::string&)>);
    static_assert(!MapsBy<Guard, char& (*)(std::string&)>);
    static_assert(!TriesToMapBy<Guard, char* (*)(std::string&)>);
    static_assert(std::is_const_v<std::remove_reference_t<decltype(*std::declval<Guard&>())>>);
    SUCCEED();
}

// Not a bug of others: levels have no order, so guards need none.
TEST(ReentrantRegressionTest, guards_may_be_released_in_any_order) {
    ReentrantMutex<int> mutex{1};
    auto first = mutex.lock();
    auto second = mutex.lock();
    first = std::move(second);  // releases one of the two levels
    EXPECT_TRUE(mutex.raw().is_owned_by_current_thread());
    first.unlock();
    EXPECT_FALSE(mutex.is_locked());
}

}  // namespace
}  // namespace parking_lot
