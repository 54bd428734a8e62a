// SPDX-License-Identifier: MIT
// FairMutex: its guards, and that it serves in the order of arrival.
#include "parking_lot/fair_mutex.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "parking_lot/lock_owned.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

static_assert(
    std::is_same_v<decltype(std::declval<FairMutex<int>&>().lock()), FairMutexGuard<int>>);
static_assert(std::is_same_v<decltype(std::declval<const FairMutex<int>&>().lock()),
                             FairMutexGuard<const int>>);
#if !PARKING_LOT_USE_STD
static_assert(std::is_same_v<FairMutex<int>::RawType, RawFairWordMutex>);
static_assert(PARKING_LOT_CHECKED || sizeof(FairMutex<std::uint32_t>) == 8);
#endif

TEST(FairMutexTest, is_used_like_a_mutex) {
    FairMutex<std::pair<int, int>> mutex{std::pair{1, 2}};
    mutex.lock()->first = 5;
    MappedFairMutexGuard<int> part = mutex.lock().map(&std::pair<int, int>::first);
    EXPECT_EQ(*part, 5);
    EXPECT_FALSE(mutex.try_lock().has_value());
    part.unlock();
    EXPECT_TRUE(mutex.try_lock().has_value());
    const auto shared = std::make_shared<FairMutex<int>>(7);
    const OwnedFairMutexGuard<int> owned = lock_owned(shared);
    EXPECT_EQ(*owned, 7);
}

#if !PARKING_LOT_USE_STD

TEST(FairMutexTest, serves_in_the_order_of_arrival) {
    FairMutex<std::vector<std::size_t>> order;
    auto guard = order.lock();
    test::Threads waiters;
    for (std::size_t i = 0; i < 10; ++i) {
        waiters.start([&order, i]() { order.lock()->push_back(i); });
        test::wait_for_parked(&order.raw(), i + 1);
    }
    guard.unlock();
    waiters.join();
    EXPECT_EQ(order.get_mut(), (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(FairMutexTest, holder_that_relocks_queues_behind_the_waiters) {
    FairMutex<std::vector<int>> order;
    test::Threads waiters;
    auto guard = order.lock();
    for (int i = 0; i < 3; ++i) {
        waiters.start([&order, i]() { order.lock()->push_back(i); });
        test::wait_for_parked(&order.raw(), static_cast<std::size_t>(i) + 1);
    }
    guard.unlock();
    guard = order.lock();
    EXPECT_EQ(*guard, (std::vector{0, 1, 2}));
}

TEST(FairMutexTest, a_lock_that_is_handed_over_cannot_be_taken_in_between) {
    FairMutex<int> mutex;
    std::atomic<bool> may_unlock{false};
    auto guard = mutex.lock();
    test::Threads waiter;
    waiter.start([&]() {
        const auto own = mutex.lock();
        test::wait_until([&]() { return may_unlock.load(); });
    });
    test::wait_for_parked(&mutex.raw(), 1);
    guard.unlock();
    EXPECT_FALSE(mutex.try_lock().has_value());
    may_unlock = true;
}

#endif

}  // namespace
}  // namespace parking_lot
