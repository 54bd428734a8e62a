// SPDX-License-Identifier: MIT
// Deadlocks are reported, by a call and by a watchdog, and nothing else is.
#include "parking_lot/deadlock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "parking_lot/metered.hpp"
#include "parking_lot/parking_lot.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/environment.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using ::testing::ExitedWithCode;

#if PARKING_LOT_CHECKED

/// Each case is a process that gets stuck and then says what it finds. Inversions only print a
/// report there, as they would end the process before it is stuck.
class DeadlockDeathTest : public ::testing::Test {
  protected:
    DeadlockDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
    void SetUp() override { SKIP_WITHOUT_EXECUTING(); }

    /// Starts a thread for each function. They may call meet(), which waits for the others there.
    template <class... Functions>
    void start(Functions... functions) {
        here_ = static_cast<int>(sizeof...(functions));
        (std::thread{functions}.detach(), ...);
    }
    void meet() {
        here_.fetch_sub(1);
        while (here_.load() > 0) std::this_thread::yield();
    }

    /// Locks one, meets the others, and locks the other.
    template <class Outer, class Inner>
    auto two_of(Outer& outer, Inner& inner) {
        return [&]() {
            const auto first = outer.lock();
            meet();
            const auto second = inner.lock();
        };
    }

    /// Waits until a deadlock is found, reports it, and ends the process with how many there are.
    [[noreturn]] static void report_when_stuck() {
        while (detail::find_deadlocks(nullptr) == 0) std::this_thread::sleep_for(1ms);
        std::_Exit(static_cast<int>(report_deadlocks()));
    }

    /// Watches for a while: 0 if nothing is found.
    static std::size_t watch_for_a_while() {
        std::size_t found = 0;
        for (int i = 0; i < 200; ++i) {
            found += report_deadlocks();
            std::this_thread::sleep_for(100us);
        }
        return found;
    }

  private:
    const test::EnvironmentVariable order_{"PARKING_LOT_LOCK_ORDER", "report"};
    std::atomic<int> here_{0};
};

TEST_F(DeadlockDeathTest, two_mutexes) {
    Mutex<int> first;
    FairMutex<int> second;
    EXPECT_EXIT(
        {
            start(two_of(first, second), two_of(second, first));
            report_when_stuck();
        },
        ExitedWithCode(1),
        "parking_lot: deadlock of 2 threads.*thread .* waits since [0-9]+.[0-9]+ s to lock "
        "parking_lot::Raw(Fair)?Mutex at 0x[0-9a-f]+ .made at .*deadlock_test.cpp:[0-9]+.*here:"
        ".*for thread .*, which holds it since it locked it here:.*thread .* waits since ");
}

TEST_F(DeadlockDeathTest, a_circle_of_four_and_one_who_waits_for_it) {
    std::vector<Mutex<int>> locks(4);
    Mutex<int> own;
    EXPECT_EXIT(
        {
            start(two_of(locks[0], locks[1]), two_of(locks[1], locks[2]),
                  two_of(locks[2], locks[3]), two_of(locks[3], locks[0]), two_of(own, locks[0]));
            report_when_stuck();
        },
        ExitedWithCode(1), "parking_lot: deadlock of 4 threads");
}

TEST_F(DeadlockDeathTest, a_writer_and_one_of_several_readers) {
    RwLock<int> table;
    metered::Mutex<int> queue{"queue"};
    EXPECT_EXIT(
        {
            const auto reader = table.read();
            start(
                [&]() {
                    const auto outer = queue.lock();
                    meet();
                    const auto inner = table.write();
                },
                [&]() {
                    const auto outer = table.read();
                    meet();
                    const auto inner = queue.lock();
                });
            report_when_stuck();
        },
        ExitedWithCode(1),
        "deadlock of 2 threads.*(named .queue.*holds it for reading|holds it for "
        "reading.*named .queue)");
}

TEST_F(DeadlockDeathTest, a_reader_behind_a_writer_that_waits_for_readers) {
    RwLock<int> table;
    Mutex<int> queue;
    EXPECT_EXIT(
        {
            std::atomic<bool> may_go_on{false};
            start(
                [&]() {
                    const auto outer = table.read();
                    meet();
                    const auto inner = queue.lock();
                },
                [&]() {
                    const auto outer = queue.lock();
                    meet();
                    while (!may_go_on) std::this_thread::yield();
                    const auto inner = table.read();
                },
                [&]() {
                    const Mutex<int> own;
                    const auto outer = own.lock();
                    meet();
                    const auto inner = table.write();
                });
            test::wait_until(
                [&]() { return detail::is_parked_at({&table.raw(), detail::Kind::RwLockDrain}); });
            may_go_on = true;
            report_when_stuck();
        },
        ExitedWithCode(1),
        "deadlock of 3 threads.*behind thread .*, which has claimed it and waits for its readers");
}

TEST_F(DeadlockDeathTest, an_upgrader_and_a_reader) {
    RwLock<int> table;
    ReentrantMutex<int> registry;
    EXPECT_EXIT(
        {
            start(
                [&]() {
                    const auto outer = registry.lock();
                    const auto again = registry.lock();
                    auto reader = table.upgradable_read();
                    meet();
                    const auto writer = std::move(reader).upgrade();
                },
                [&]() {
                    const auto outer = table.read();
                    meet();
                    const auto inner = registry.lock();
                });
            report_when_stuck();
        },
        ExitedWithCode(1), "deadlock of 2 threads.* to upgrade parking_lot::RawRwLock");
}

TEST_F(DeadlockDeathTest, who_is_notified_and_cannot_lock_again) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    EXPECT_EXIT(
        {
            start(
                [&]() {
                    const auto outer = second.lock();
                    auto guard = first.lock();
                    condvar.wait(guard);
                },
                [&]() {
                    test::wait_until(
                        [&]() { return detail::is_parked_at({&condvar, detail::Kind::Condvar}); });
                    const auto outer = first.lock();
                    condvar.notify_one();
                    const auto inner = second.lock();
                });
            report_when_stuck();
        },
        ExitedWithCode(1), "deadlock of 2 threads");
}

TEST_F(DeadlockDeathTest, a_once_whose_function_needs_a_lock_of_its_callers) {
    Once once;
    Mutex<int> mutex;
    EXPECT_EXIT(
        {
            start(
                [&]() {
                    once.call_once([&]() {
                        meet();
                        (void)mutex.lock();
                    });
                },
                [&]() {
                    const auto guard = mutex.lock();
                    meet();
                    once.call_once([]() {});
                });
            report_when_stuck();
        },
        ExitedWithCode(1),
        "deadlock of 2 threads.* to lock parking_lot::Once at 0x[0-9a-f]+ .made at "
        ".*deadlock_test.cpp:.*for thread .*, which holds it since it locked it here");
}

TEST_F(DeadlockDeathTest, two_cells_that_need_each_other) {
    OnceCell<int> one;
    OnceCell<int> other;
    const auto needs = [&](OnceCell<int>& own, OnceCell<int>& needed) {
        return [&]() {
            (void)own.get_or_init([&]() {
                meet();
                return needed.wait();
            });
        };
    };
    EXPECT_EXIT(
        {
            start(needs(one, other), needs(other, one));
            report_when_stuck();
        },
        ExitedWithCode(1), "deadlock of 2 threads");
}

TEST_F(DeadlockDeathTest, who_waited_for_a_once_that_is_done_waits_no_more) {
    const auto wait_in = [](Once& once, auto wait) {
        Mutex<int> mutex;
        test::Meeting waited{2};
        std::atomic<bool> is_over{false};
        test::Threads threads;
        once.call_once([&]() {
            threads.start([&]() {
                const auto guard = mutex.lock();
                wait();
                waited.arrive_and_wait();
                while (!is_over) std::this_thread::yield();
            });
            test::wait_for_parked(&once, 1);
        });
        waited.arrive_and_wait();
        once.reset();
        threads.start([&]() { once.call_once([&]() { (void)mutex.lock(); }); });
        test::wait_for_parked(&mutex.raw(), 1);
        EXPECT_EQ(watch_for_a_while(), 0u);
        is_over = true;
    };
    Once once;
    wait_in(once, [&]() { once.call_once([]() {}); });
    once.reset();
    wait_in(once, [&]() { once.wait(); });
}

TEST_F(DeadlockDeathTest, two_at_a_time) {
    std::vector<Mutex<int>> locks(4);
    EXPECT_EXIT(
        {
            start(two_of(locks[0], locks[1]), two_of(locks[1], locks[0]),
                  two_of(locks[2], locks[3]), two_of(locks[3], locks[2]));
            while (detail::find_deadlocks(nullptr) < 2) std::this_thread::sleep_for(1ms);
            std::_Exit(static_cast<int>(report_deadlocks()));
        },
        ExitedWithCode(2), "deadlock of 2 threads.*deadlock of 2 threads");
}

TEST_F(DeadlockDeathTest, a_watchdog_aborts) {
    Mutex<int> first;
    Mutex<int> second;
    EXPECT_DEATH(
        {
            const DeadlockWatchdog watchdog{5ms};
            start(two_of(first, second), two_of(second, first));
            for (;;) std::this_thread::sleep_for(1s);
        },
        "parking_lot: deadlock of 2 threads");
}

TEST_F(DeadlockDeathTest, a_watchdog_that_only_reports_says_it_once_and_ends) {
    Mutex<int> first;
    Mutex<int> second;
    EXPECT_EXIT(
        {
            {
                const DeadlockWatchdog watchdog(1ms, OnDeadlock::Report);
                start(two_of(first, second), two_of(second, first));
                while (detail::find_deadlocks(nullptr) == 0) std::this_thread::sleep_for(1ms);
                std::this_thread::sleep_for(50ms);
            }
            std::fputs("ended", stderr);
            std::_Exit(7);
        },
        ExitedWithCode(7), "deadlock of 2 threads.*ended$");
}

TEST_F(DeadlockDeathTest, a_watchdog_ends_in_a_forked_child_too) {
    SKIP_WITHOUT_FORK();
    auto watchdog = std::make_unique<DeadlockWatchdog>(1h);
    EXPECT_EQ(test::run_in_child([&]() {
                  watchdog.reset();
                  return 0;
              }),
              0);
}

TEST_F(DeadlockDeathTest, waits_that_end_are_no_deadlock) {
    Mutex<int> first;
    Mutex<int> second;
    RwLock<int> table;
    std::atomic<bool> is_over{false};
    const auto lock_all_in = [&](auto& outer, auto& inner) {
        while (!is_over) {
            const auto a = outer.lock();
            const auto b = inner.try_lock_for(100us);
            const auto c = table.try_write_for(100us);
        }
    };
    std::thread one{[&]() { lock_all_in(first, second); }};
    std::thread other{[&]() { lock_all_in(second, first); }};
    std::thread third{[&]() {
        while (!is_over) {
            const auto reader = table.read();
            const auto a = first.lock();
            const auto b = second.try_lock();
        }
    }};
    EXPECT_EQ(watch_for_a_while(), 0u);
    is_over = true;
    one.join();
    other.join();
    third.join();
}

TEST_F(DeadlockDeathTest, busy_threads_are_no_deadlock) {
    std::vector<RwLock<int>> locks(3);
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i]() {
            for (std::size_t round = i; !is_over; ++round) {
                const auto outer = locks[0].upgradable_read();
                const auto middle = locks[1].read();
                if (round % 3 == 0) {
                    const auto inner = locks[2].write();
                } else {
                    const auto inner = locks[2].read();
                }
            }
        });
    }
    EXPECT_EQ(watch_for_a_while(), 0u);
    is_over = true;
    for (std::thread& thread : threads) thread.join();
}

TEST_F(DeadlockDeathTest, a_wait_for_a_notification_is_no_deadlock) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    std::thread waiter{[&]() {
        const auto outer = second.lock();
        auto guard = first.lock();
        condvar.wait(guard, [&]() { return *guard == 1; });
        guard.await([](int value) { return value == 2; });
    }};
    std::thread other{[&]() { (void)second.lock(); }};
    test::wait_until([&]() { return detail::is_parked_at({&condvar, detail::Kind::Condvar}); });
    EXPECT_EQ(watch_for_a_while(), 0u);
    first.with_lock([](int& value) { value = 1; });
    condvar.notify_one();
    EXPECT_EQ(watch_for_a_while(), 0u);
    first.with_lock([](int& value) { value = 2; });
    waiter.join();
    other.join();
    EXPECT_EQ(report_deadlocks(), 0u);
}

#else

TEST(UncheckedDeadlockDeathTest, without_checks_they_cannot_be_found_which_is_said) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    EXPECT_EXIT(std::_Exit(static_cast<int>(report_deadlocks())), ExitedWithCode(0),
                "parking_lot: deadlocks can only be found in a program that is compiled with "
                "PARKING_LOT_CHECKED=1");
    EXPECT_EXIT(
        {
            {
                const DeadlockWatchdog watchdog{1h};
            }
            std::_Exit(7);
        },
        ExitedWithCode(7), "parking_lot: deadlocks can only be found");
}

#endif

}  // namespace
}  // namespace parking_lot
