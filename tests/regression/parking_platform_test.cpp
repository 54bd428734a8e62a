// SPDX-License-Identifier: MIT
// Bugs that parking_lot's forerunners had in sleeping, clocks, start-up and fork. The numbers are
// those of our notes on them.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "parking_lot/core.hpp"
#include "support/child.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using core::ParkStatus;
using test::park_at;

// Two threads that made the table at the same time: the loser read the winner's without acquire.
TEST(Regression, 08_first_users_at_the_same_time_share_the_table) {
    SKIP_WITHOUT_FORK();
    for (int round = 0; round < 5; ++round) {
        EXPECT_EQ(test::run_in_child([]() {
                      detail::this_module.table.store(nullptr);  // as before it is loaded
                      int address = 0;
                      std::atomic<std::size_t> met{0};
                      test::run_together(4, [&](std::size_t i) {
                          if (i < 2) {
                              (void)park_at(&address);
                          } else {
                              while (test::unpark_one_at(&address).unparked == 0) {
                                  std::this_thread::yield();
                              }
                              met.fetch_add(1);
                          }
                      });
                      return met.load() == 2 ? 0 : 1;
                  }),
                  0);
    }
}

/// Parks where thread-local objects are being destroyed.
struct ParkWhenDestroyed {
    const void* address = nullptr;
    ~ParkWhenDestroyed() { (void)park_at(address); }
};

// Any lock that had to wait in a thread-local destructor failed: its own thread data was gone.
TEST(Regression, 12_parks_in_a_thread_local_destructor) {
    int address = 0;
    int other = 0;
    test::Threads threads;
    threads.start([&]() {
        thread_local ParkWhenDestroyed first;
        first.address = &address;
        (void)park_at(&other, {}, Deadline::passed());  // first used after `first` was made
    });
    test::wait_for_parked(&address, 1);
    EXPECT_EQ(core::unpark_all(&address), 1u);
}

// The longest duration overflowed, and the wait ended at once.
TEST(Regression, 14_longest_durations_wait) {
    int address = 0;
    for (const Deadline deadline :
         {Deadline::after(std::chrono::nanoseconds::max()),
          Deadline::at(std::chrono::steady_clock::time_point::max()),
          Deadline::after(std::chrono::hours::max()), Deadline::after(std::chrono::years{29}),
          Deadline::at(std::chrono::system_clock::time_point::max()),
          Deadline::after(std::chrono::duration<double>::max())}) {
        test::Threads threads;
        threads.start(
            [&]() { EXPECT_EQ(park_at(&address, {}, deadline).status, ParkStatus::Unparked); });
        test::wait_for_parked(&address, 1);
        EXPECT_EQ(core::unpark_all(&address), 1u);
    }
}

// Zero, negative and past limits waited, or were taken for "no limit".
TEST(Regression, 14_limits_in_the_past_do_not_wait) {
    int address = 0;
    for (const Deadline deadline :
         {Deadline::after(0s), Deadline::after(-1s), Deadline::after(std::chrono::hours::min()),
          Deadline::at(std::chrono::steady_clock::time_point::min()),
          Deadline::at(std::chrono::system_clock::time_point{})}) {
        EXPECT_EQ(park_at(&address, {}, deadline).status, ParkStatus::TimedOut);
    }
}

// The nanoseconds of a limit were computed wrongly: waits across a full second ended early.
TEST(Regression, 17_limits_across_a_full_second) {
    int address = 0;
    const auto now = std::chrono::steady_clock::now();
    const auto second = std::chrono::ceil<std::chrono::seconds>(now.time_since_epoch());
    const std::chrono::steady_clock::time_point limit{second + 1ms};
    EXPECT_EQ(park_at(&address, {}, Deadline::at(limit)).status, ParkStatus::TimedOut);
    EXPECT_GE(std::chrono::steady_clock::now(), limit);
}

#if defined(SIGUSR1)  // not on Windows

std::atomic<int> signals_handled{0};

// A sleep that ended for another reason, here a signal, ended the park as well, or tripped an
// assertion.
TEST(Regression, 18_signals_do_not_end_a_park) {
    struct sigaction action{};
    action.sa_handler = [](int) { signals_handled.fetch_add(1); };
    ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
    int address = 0;
    for (const Deadline deadline : {Deadline::never(), Deadline::after(1h)}) {
        signals_handled.store(0);
        std::atomic<bool> is_awake{false};
        std::thread parked{[&]() {
            EXPECT_EQ(park_at(&address, {}, deadline).status, ParkStatus::Unparked);
            is_awake.store(true);
        }};
        test::wait_for_parked(&address, 1);
        for (int i = 1; i <= 10; ++i) {
            ASSERT_EQ(::pthread_kill(parked.native_handle(), SIGUSR1), 0);
            test::wait_until([&]() { return signals_handled.load() == i; });
        }
        EXPECT_FALSE(is_awake.load());
        EXPECT_EQ(core::unpark_all(&address), 1u);
        parked.join();
    }
}

#endif

// A forked child inherited locked queues and the nodes of threads that it does not have.
TEST(Regression, 47_forked_child_has_no_parked_threads) {
    SKIP_WITHOUT_FORK();
    int address = 0;
    test::Sleepers sleepers;
    sleepers.park_many(&address, 4);
    detail::Bucket& bucket = detail::table().bucket_of(&address);
    bucket.lock.lock();
    const auto child = test::start_child([&]() {
        if (core::unpark_all(&address) != 0) return 1;
        return park_at(&address, {}, Deadline::passed()).status == ParkStatus::TimedOut ? 0 : 2;
    });
    bucket.lock.unlock();
    EXPECT_EQ(test::exit_code_of(child), 0);
    EXPECT_EQ(core::unpark_all(&address), 4u);
}

}  // namespace
}  // namespace parking_lot
