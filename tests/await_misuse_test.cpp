// SPDX-License-Identifier: MIT
// What checked builds say about a wait for a predicate without the lock.
#include <gtest/gtest.h>

#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"

namespace parking_lot {
namespace {

constexpr auto kNo = []() { return false; };

TEST(AwaitDeathTest, a_wait_with_an_empty_guard_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Mutex<int> mutex{0};
    auto guard = mutex.lock();
    guard.unlock();
    EXPECT_DEATH(guard.await([](int) { return false; }), "use of an empty guard");
}

TEST(AwaitDeathTest, a_wait_without_the_lock_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    RawMutex raw;
    EXPECT_DEATH((void)raw.await(Deadline::never(), kNo), "unlock of an unlocked lock");
    RawRwLock rwlock;
    EXPECT_DEATH((void)rwlock.await(Deadline::never(), kNo), "not locked exclusively");
    EXPECT_DEATH((void)rwlock.await_shared(Deadline::never(), kNo), "nobody reads");
}

}  // namespace
}  // namespace parking_lot
