// SPDX-License-Identifier: MIT
// Checked builds report misuse, by the lock's type and address, and abort.
#include "parking_lot/detail/checked.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "parking_lot/parking_lot.hpp"
#include "support/locks.hpp"

#if !PARKING_LOT_CHECKED
#error "compile with PARKING_LOT_CHECKED=1"
#endif

namespace parking_lot {
namespace {

/// Of the lock in `Raw`: what its reports call it.
template <class Raw>
constexpr const char* kName = "parking_lot::RawMutex at 0x";
template <class Word>
constexpr const char* kName<BasicRawMutex<policy::Fifo, Word>> = "parking_lot::RawFairMutex at 0x";
template <>
constexpr const char* kName<RawStdMutex> = "parking_lot::RawStdMutex at 0x";

template <class Raw>
class RawLockCheckedDeathTest : public ::testing::Test {
  protected:
    RawLockCheckedDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static std::string report(const char* problem) {
        return std::string{"parking_lot: "} + problem + ".*" + kName<Raw>;
    }

    Raw raw_;
};

using CheckedLocks = ::testing::Types<RawMutex, RawFairWordMutex, RawStdMutex>;
TYPED_TEST_SUITE(RawLockCheckedDeathTest, CheckedLocks, test::LockNames);

TYPED_TEST(RawLockCheckedDeathTest, locking_twice_is_a_self_deadlock) {
    EXPECT_DEATH(
        {
            this->raw_.lock();
            this->raw_.lock();
        },
        this->report("self-deadlock"));
}

TYPED_TEST(RawLockCheckedDeathTest, unlock_of_an_unlocked_lock) {
    EXPECT_DEATH(this->raw_.unlock(), this->report("unlock of an unlocked lock"));
}

TYPED_TEST(RawLockCheckedDeathTest, unlocking_twice) {
    EXPECT_DEATH(
        {
            this->raw_.lock();
            this->raw_.unlock();
            this->raw_.unlock_fair();
        },
        this->report("unlock of an unlocked lock"));
}

class GuardCheckedDeathTest : public ::testing::Test {
  protected:
    GuardCheckedDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    static constexpr const char* kEmptyGuard = "use of an empty guard .parking_lot::Guard at 0x";

    Mutex<int> mutex_;
};

TEST_F(GuardCheckedDeathTest, locking_while_the_own_guard_lives) {
    EXPECT_DEATH(
        {
            const auto guard = mutex_.lock();
            mutex_.with_lock([](int& value) { ++value; });
        },
        "self-deadlock.*at 0x");
}

TEST_F(GuardCheckedDeathTest, access_through_an_empty_guard) {
    EXPECT_DEATH(
        {
            auto guard = mutex_.lock();
            guard.unlock();
            *guard = 1;
        },
        kEmptyGuard);
}

TEST_F(GuardCheckedDeathTest, unlock_of_a_guard_that_was_moved_from) {
    EXPECT_DEATH(
        {
            auto guard = mutex_.lock();
            const auto other = std::move(guard);
            guard.unlock();  // NOLINT(bugprone-use-after-move): the misuse to report
        },
        kEmptyGuard);
}

TEST_F(GuardCheckedDeathTest, force_unlock_behind_the_back_of_a_guard) {
    EXPECT_DEATH(
        {
            const auto guard = mutex_.lock();
            mutex_.force_unlock();
        },
        "unlock of an unlocked lock.*at 0x");
}

TEST_F(GuardCheckedDeathTest, lock_all_of_one_lock_twice) {
    EXPECT_DEATH(
        {
            Mutex<int> other;
            (void)lock_all(mutex_, other, std::as_const(mutex_));
        },
        "lock_all was given one lock twice .*parking_lot::BasicMutex at 0x");
}

TEST(CheckedTest, proper_use_is_not_reported) {
    Mutex<int> mutex;
    auto guard = mutex.lock();
    EXPECT_FALSE(mutex.try_lock().has_value());
    EXPECT_FALSE(mutex.try_lock_for(std::chrono::milliseconds{1}).has_value());
    guard.unlocked([&]() { mutex.with_lock([](int& value) { value = 2; }); });
    guard.bump();
    guard.unlock_fair();
    EXPECT_EQ(mutex.with_lock([](int value) { return value; }), 2);
}

}  // namespace
}  // namespace parking_lot
