// SPDX-License-Identifier: MIT
// Who gets the lock next: first come first served, hand-off, bump, and no starvation.
#include "parking_lot/raw_fair_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// Queues `count` threads one by one behind `raw`, which the caller holds, and calls `release`.
/// Returns the order in which they got the lock; each unlocks by `release`, too.
template <class Raw, class Release>
std::vector<std::size_t> order_of(Raw& raw, std::size_t count, Release&& release) {
    std::vector<std::size_t> order;
    test::Threads waiters;
    for (std::size_t i = 0; i < count; ++i) {
        waiters.start([&, i]() {
            raw.lock();
            order.push_back(i);
            release();
        });
        test::wait_for_parked(&raw, i + 1);
    }
    release();
    waiters.join();
    return order;
}

const std::vector<std::size_t> kFirstComeFirstServed{0, 1, 2, 3, 4, 5, 6, 7};

template <class Raw>
class RawFairMutexTest : public ::testing::Test {
  protected:
    Raw raw_;
};

using FairLocks = ::testing::Types<RawFairMutex, RawFairWordMutex>;
TYPED_TEST_SUITE(RawFairMutexTest, FairLocks, test::LockNames);

TYPED_TEST(RawFairMutexTest, unlock_serves_in_the_order_of_arrival) {
    for (int round = 0; round < 3; ++round) {
        this->raw_.lock();
        EXPECT_EQ(order_of(this->raw_, 8, [&]() { this->raw_.unlock(); }), kFirstComeFirstServed);
    }
}

TYPED_TEST(RawFairMutexTest, waiter_that_gives_up_does_not_change_the_order) {
    std::vector<int> order;
    test::Threads waiters;
    const auto queue_up = [&](int who, std::size_t place) {
        waiters.start([&, who]() {
            this->raw_.lock();
            order.push_back(who);
            this->raw_.unlock();
        });
        test::wait_for_parked(&this->raw_, place);
    };
    this->raw_.lock();
    queue_up(1, 1);
    EXPECT_FALSE(this->raw_.try_lock_for(2ms));
    queue_up(2, 2);
    EXPECT_FALSE(this->raw_.try_lock_for(2ms));
    queue_up(3, 3);
    this->raw_.unlock();
    waiters.join();
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

template <class Raw>
class HandOffTest : public ::testing::Test {
  protected:
    /// With this thread holding the lock and another waiting: `release` must hand it over, so that
    /// nobody can take it in between.
    template <class Release>
    void expect_hand_off(Release&& release) {
        std::atomic<bool> may_unlock{false};
        raw_.lock();
        test::Threads waiter;
        waiter.start([&]() {
            raw_.lock();
            test::wait_until([&]() { return may_unlock.load(); });
            raw_.unlock();
        });
        test::wait_for_parked(&raw_, 1);
        release();
        EXPECT_TRUE(raw_.is_locked());
        EXPECT_FALSE(raw_.try_lock());
        may_unlock = true;
    }

    Raw raw_;
};

TYPED_TEST_SUITE(HandOffTest, test::ParkingLocks, test::LockNames);

TYPED_TEST(HandOffTest, unlock_fair_serves_in_the_order_of_arrival) {
    for (int round = 0; round < 3; ++round) {
        this->raw_.lock();
        EXPECT_EQ(order_of(this->raw_, 8, [&]() { this->raw_.unlock_fair(); }),
                  kFirstComeFirstServed);
    }
}

TYPED_TEST(HandOffTest, unlock_fair_leaves_no_gap) {
    for (int round = 0; round < 30; ++round) {
        this->expect_hand_off([&]() { this->raw_.unlock_fair(); });
    }
}

TYPED_TEST(HandOffTest, unlock_of_a_fair_lock_leaves_no_gap) {
    if constexpr (!std::is_same_v<TypeParam, RawMutex> &&
                  !std::is_same_v<TypeParam, RawWordMutex>) {
        for (int round = 0; round < 30; ++round) {
            this->expect_hand_off([&]() { this->raw_.unlock(); });
        }
    }
}

TYPED_TEST(HandOffTest, bump_lets_the_waiter_have_its_turn) {
    for (int round = 0; round < 30; ++round) {
        bool had_its_turn = false;
        this->raw_.lock();
        test::Threads waiter;
        waiter.start([&]() {
            this->raw_.lock();
            had_its_turn = true;
            this->raw_.unlock();
        });
        test::wait_for_parked(&this->raw_, 1);
        EXPECT_FALSE(had_its_turn);
        this->raw_.bump();
        EXPECT_TRUE(had_its_turn);
        EXPECT_TRUE(this->raw_.is_locked());
        this->raw_.unlock();
    }
}

TYPED_TEST(HandOffTest, waiter_is_not_starved_by_a_thread_that_keeps_relocking) {
    for (int round = 0; round < 5; ++round) {
        std::atomic<int> still_waiting{3};
        this->raw_.lock();
        test::Threads waiters;
        for (int i = 0; i < 3; ++i) {
            waiters.start([&]() {
                this->raw_.lock();
                --still_waiting;
                this->raw_.unlock();
            });
        }
        test::wait_for_parked(&this->raw_, 3);
        while (still_waiting != 0) {
            this->raw_.unlock();
            this->raw_.lock();
        }
        this->raw_.unlock();
    }
}

}  // namespace
}  // namespace parking_lot
