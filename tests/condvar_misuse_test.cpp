// SPDX-License-Identifier: MIT
// What checked builds say about a wait without the lock.
#include <gtest/gtest.h>

#include <mutex>

#include "parking_lot/condvar.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/reentrant_mutex.hpp"

namespace parking_lot {
namespace {

TEST(CondvarDeathTest, wait_with_an_empty_guard_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Mutex<int> mutex{0};
    Condvar condvar;
    auto guard = mutex.lock();
    guard.unlock();
    EXPECT_DEATH(condvar.wait(guard), "use of an empty guard");
}

TEST(CondvarDeathTest, wait_with_an_empty_unique_lock_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    RawMutex raw;
    Condvar condvar;
    std::unique_lock lock{raw, std::defer_lock};
    EXPECT_DEATH(condvar.wait(lock), "use of an empty guard");
}

TEST(CondvarDeathTest, wait_without_the_lock_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    RawMutex raw;
    Condvar condvar;
    EXPECT_DEATH(condvar.wait(raw), "unlock of an unlocked lock");
}

TEST(CondvarDeathTest, wait_with_a_reentrant_mutex_locked_twice_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const ReentrantMutex<int> mutex{0};
    Condvar condvar;
    auto outer = mutex.lock();
    auto inner = mutex.lock();
    EXPECT_DEATH(condvar.wait(inner), "wait with a reentrant mutex that is locked more than once");
}

}  // namespace
}  // namespace parking_lot
