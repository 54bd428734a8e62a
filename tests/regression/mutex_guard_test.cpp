// SPDX-License-Identifier: MIT
// Bugs that other libraries had in guards and time limits, of mutexes. Numbers:
// section 3 of the list of known bugs of Rust's parking_lot.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/lock_owned.hpp"
#include "parking_lot/mutex.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;

// The largest duration overflowed when it was added to the clock: the wait ended at once.
TEST(Regression, 14_longest_time_limits_do_not_overflow) {
    Mutex<int> mutex;
    auto guard = mutex.lock();
    test::Threads waiters;
    const auto wait = [&](auto attempt) {
        waiters.start([&mutex, attempt]() { EXPECT_TRUE(attempt(mutex).has_value()); });
    };
    wait([](auto& m) { return m.try_lock_for(std::chrono::nanoseconds::max()); });
    wait([](auto& m) { return m.try_lock_for(std::chrono::hours::max()); });
    wait([](auto& m) { return m.try_lock_for(std::chrono::duration<double>::max()); });
    wait([](auto& m) { return m.try_lock_until(steady_clock::time_point::max()); });
    wait([](auto& m) { return m.try_lock_until(system_clock::time_point::max()); });
    test::wait_for_parked(&mutex.raw(), 5);
    EXPECT_FALSE(mutex.try_lock_for(std::chrono::nanoseconds::min()).has_value());
    EXPECT_FALSE(mutex.try_lock_for(std::chrono::hours::min()).has_value());
    EXPECT_FALSE(mutex.try_lock_for(0ns).has_value());
    EXPECT_FALSE(mutex.try_lock_until(steady_clock::time_point::min()).has_value());
    EXPECT_FALSE(mutex.try_lock_until(system_clock::time_point::min()).has_value());
    guard.unlock();
}

// unlock_fair() of an owning guard leaked its share of the lock.
TEST(Regression, 38_unlock_fair_gives_the_share_back) {
    auto mutex = std::make_shared<FairMutex<int>>();
    const std::weak_ptr<FairMutex<int>> alive = mutex;
    lock_owned(mutex).unlock_fair();
    EXPECT_EQ(mutex.use_count(), 1);
    auto guard = lock_owned(std::move(mutex));
    guard.unlock_fair();
    EXPECT_TRUE(alive.expired());
}

// Guards gave mutable access where only shared access was due.
TEST(Regression, 39_mapped_guards_of_const_data_stay_const) {
    const Mutex<std::string> mutex{"text"};
    auto letter = mutex.lock().map([](auto& text) -> auto& { return text[0]; });
    static_assert(std::is_same_v<decltype(*letter), const char&>);
    static_assert(std::is_same_v<decltype(letter.operator->()), const char*>);
    EXPECT_EQ(*letter, 't');
    letter.unlock();
    auto maybe = mutex.lock().try_map([](auto& text) { return text.data(); });
    static_assert(std::is_same_v<decltype(**maybe), const char&>);
    EXPECT_EQ(**maybe, 't');
}

// Deadlock detection reported threads that were not deadlocked.
TEST(Regression, 41_lock_that_was_given_away_is_no_deadlock) {
    Mutex<int> mutex;
    for (int round = 0; round < 3; ++round) {
        auto guard = mutex.lock();
        std::thread{[moved = std::move(guard)]() mutable { moved.unlock(); }}.join();
    }
    auto guard = mutex.lock();
    EXPECT_FALSE(mutex.try_lock_for(1ms).has_value());  // ends by itself: no deadlock either
    EXPECT_FALSE(mutex.try_lock().has_value());
}

}  // namespace
}  // namespace parking_lot
