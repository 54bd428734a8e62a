// SPDX-License-Identifier: MIT
// What a checked build reports about the use of an RwLock.
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "parking_lot/lock_all.hpp"
#include "parking_lot/rwlock.hpp"
#include "support/rwlocks.hpp"

static_assert(PARKING_LOT_CHECKED);

namespace parking_lot {
namespace {

template <class Raw>
class RwLockMisuseDeathTest : public ::testing::Test {
  protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};
using Locks = ::testing::Types<RawRwLock, RawStdRwLock>;
TYPED_TEST_SUITE(RwLockMisuseDeathTest, Locks, test::RwLockNames);

TYPED_TEST(RwLockMisuseDeathTest, UnlockOfWhatIsNotLockedSo) {
    TypeParam raw;
    EXPECT_DEATH(raw.unlock(), "parking_lot: unlock of a lock that is not locked exclusively");
    EXPECT_DEATH(raw.unlock_shared(), "parking_lot: unlock_shared of a lock that nobody reads");
    EXPECT_DEATH(raw.unlock_upgradable(), "parking_lot: unlock_upgradable of a lock");
    raw.lock_shared();
    EXPECT_DEATH(raw.unlock(), "not locked exclusively");
    raw.unlock_shared();
}

TYPED_TEST(RwLockMisuseDeathTest, WriterLocksAgain) {
    TypeParam raw;
    raw.lock();
    EXPECT_DEATH(raw.lock(), "parking_lot: self-deadlock: this thread holds");
    EXPECT_DEATH(raw.lock_shared(), "parking_lot: self-deadlock: this thread holds");
    EXPECT_DEATH(raw.lock_upgradable(), "parking_lot: self-deadlock: this thread holds");
    raw.unlock();
}

TYPED_TEST(RwLockMisuseDeathTest, ReaderLocksAgain) {
    TypeParam raw;
    raw.lock_shared();
    EXPECT_DEATH(raw.lock(), "parking_lot: self-deadlock: this thread reads");
    EXPECT_DEATH(raw.lock_shared(), "parking_lot: recursive read");
    raw.unlock_shared();
    raw.lock_upgradable();
    EXPECT_DEATH(raw.lock(), "parking_lot: self-deadlock: this thread reads");
    raw.lock_shared();  // fine: no writer can come in between
    EXPECT_DEATH(raw.upgrade(), "parking_lot: self-deadlock: this thread also reads");
    raw.unlock_shared();
    raw.upgrade();
    raw.unlock();
}

TEST(RwLockMisuseTest, WhatIsFineIsNotReported) {
    RawReaderPreferringRwLock readers;
    readers.lock_shared();
    readers.lock_shared();
    readers.unlock_shared();
    readers.unlock_shared();
    RawRwLock raw;
    for (int i = 0; i < 100; ++i) {
        raw.lock();
        raw.downgrade_to_upgradable();
        raw.upgrade();
        raw.downgrade();
        raw.unlock_shared();
    }
    EXPECT_FALSE(raw.is_locked());
}

TEST(RwLockMisuse, GuardThatAnotherThreadReleasedIsForgotten) {
    RwLock<int> lock{0};
    for (int i = 0; i < 3; ++i) {
        auto guard = lock.read();
        std::thread{[moved = std::move(guard)]() mutable { moved.unlock(); }}.join();
    }
    {
        const auto guard = lock.read();
    }
    auto guard = lock.upgradable_read();
    std::thread{[moved = std::move(guard)]() mutable { moved.unlock(); }}.join();
    *lock.write().operator->() = 1;
    EXPECT_FALSE(lock.is_locked());
}

TEST(RwLockDeathTest, LockAllIsGivenOneLockTwice) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    RwLock<int> lock{0};
    EXPECT_DEATH((void)lock_all(lock.read_mode(), lock.read_mode()),
                 "parking_lot: lock_all was given one lock twice");
}

}  // namespace
}  // namespace parking_lot
