// SPDX-License-Identifier: MIT
// Concepts of raw locks, and the standard's lock utilities over every raw lock.
#include "parking_lot/raw_lock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

struct NoTryLock {
    void lock();
    void unlock();
};
struct TryLockWithoutAnswer : NoTryLock {
    void try_lock();
};
struct NotDefaultConstructible : test::SpinLock {
    explicit NotDefaultConstructible(int);
};

static_assert(RawLockable<test::SpinLock> && RawLockable<std::mutex>);
static_assert(!RawLockable<int> && !RawLockable<NoTryLock> && !RawLockable<TryLockWithoutAnswer>);
static_assert(!RawLockable<NotDefaultConstructible>);
static_assert(!RawTimedLockable<test::SpinLock> && !RawTimedLockable<std::mutex>);
static_assert(!RawFairLockable<test::SpinLock> && !RawInspectable<test::SpinLock>);
#if PARKING_LOT_HAS_STOP_TOKEN
static_assert(!RawStoppable<test::SpinLock>);
#endif

template <class Raw>
class RawLockTest : public ::testing::Test {
  protected:
    Raw first_;
    Raw second_;
};

TYPED_TEST_SUITE(RawLockTest, test::RawLocks, test::LockNames);

TYPED_TEST(RawLockTest, has_every_capability) {
    static_assert(RawLockable<TypeParam> && RawTimedLockable<TypeParam> &&
                  RawFairLockable<TypeParam> && RawInspectable<TypeParam>);
#if PARKING_LOT_HAS_STOP_TOKEN
    static_assert(RawStoppable<TypeParam>);
#endif
}

TYPED_TEST(RawLockTest, works_with_lock_guard_and_scoped_lock) {
    {
        const std::lock_guard guard{this->first_};
        EXPECT_TRUE(this->first_.is_locked());
    }
    EXPECT_FALSE(this->first_.is_locked());
    {
        const std::scoped_lock guard{this->first_, this->second_};
        EXPECT_TRUE(this->first_.is_locked() && this->second_.is_locked());
    }
    EXPECT_FALSE(this->first_.is_locked() || this->second_.is_locked());
}

TYPED_TEST(RawLockTest, works_with_unique_lock) {
    std::unique_lock lock{this->first_, std::defer_lock};
    EXPECT_TRUE(lock.try_lock_for(1h));
    EXPECT_FALSE((std::unique_lock{this->first_, std::try_to_lock}.owns_lock()));
    EXPECT_FALSE((std::unique_lock{this->first_, 1ms}.owns_lock()));
    lock.unlock();
    EXPECT_TRUE(lock.try_lock_until(std::chrono::system_clock::now() + 1h));
    lock.unlock();
    EXPECT_TRUE(lock.try_lock());
    std::unique_lock other{std::move(lock)};
    EXPECT_TRUE(other.owns_lock());
    other.unlock();
    EXPECT_FALSE(this->first_.is_locked());
}

TYPED_TEST(RawLockTest, works_with_std_try_lock) {
    EXPECT_EQ(std::try_lock(this->first_, this->second_), -1);
    this->first_.unlock();
    EXPECT_EQ(std::try_lock(this->first_, this->second_), 1);
    EXPECT_FALSE(this->first_.is_locked());
    this->second_.unlock();
}

TYPED_TEST(RawLockTest, std_lock_does_not_deadlock_whatever_the_order) {
    constexpr int kRounds = 500;
    TypeParam third;
    std::array<int, 3> counters{};
    test::run_together(3, [&](std::size_t index) {
        for (int i = 0; i < kRounds; ++i) {
            if (index == 0) std::lock(this->first_, this->second_, third);
            if (index == 1) std::lock(third, this->second_, this->first_);
            if (index == 2) std::lock(this->second_, third, this->first_);
            for (int& counter : counters) ++counter;
            this->first_.unlock();
            this->second_.unlock();
            third.unlock();
        }
    });
    EXPECT_EQ(counters, (std::array{3 * kRounds, 3 * kRounds, 3 * kRounds}));
}

TYPED_TEST(RawLockTest, works_with_condition_variable_any) {
    std::condition_variable_any changed;
    int turn = 0;
    test::run_together(2, [&](std::size_t index) {
        for (int i = 0; i < 100; ++i) {
            std::unique_lock lock{this->first_};
            changed.wait(lock, [&]() { return turn % 2 == static_cast<int>(index); });
            ++turn;
            changed.notify_all();
        }
    });
    EXPECT_EQ(turn, 200);
    std::unique_lock lock{this->first_};
    EXPECT_FALSE(changed.wait_for(lock, 1ms, [&]() { return turn == 0; }));
    EXPECT_TRUE(lock.owns_lock());
}

TYPED_TEST(RawLockTest, works_with_condition_variable_any_by_itself) {
    std::condition_variable_any changed;
    bool done = false;
    test::Threads threads;
    threads.start([&]() {
        const std::lock_guard guard{this->first_};
        done = true;
        changed.notify_all();
    });
    this->first_.lock();
    while (!done) changed.wait(this->first_);
    this->first_.unlock();
    threads.join();
    EXPECT_TRUE(done);
}

}  // namespace
}  // namespace parking_lot
