// SPDX-License-Identifier: MIT
// RawStdMutex: the A/B switch's other side keeps the promises of the interface that std::mutex
// itself does not make. (What all raw locks have in common: raw_mutex_test.cpp.)
#include "parking_lot/std_backend.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>

#include "parking_lot/parking_lot.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

TEST(StdBackendTest, try_lock_by_the_owner_fails_instead_of_being_undefined) {
    RawStdMutex raw;
    raw.lock();
    EXPECT_FALSE(raw.try_lock());
    EXPECT_FALSE(raw.try_lock_for(2ms));
    raw.unlock();
    EXPECT_TRUE(raw.try_lock());
    raw.unlock();
}

TEST(StdBackendTest, bump_gives_the_lock_up_for_a_moment) {
    RawStdMutex raw;
    int counter = 0;
    std::atomic<bool> stop{false};
    test::Threads other;
    other.start([&]() {
        const std::lock_guard lock{raw};
        counter = 1;
        stop = true;
    });
    raw.lock();
    while (!stop) raw.bump();
    EXPECT_EQ(counter, 1);
    raw.unlock();
}

TEST(StdBackendTest, switch_selects_it_for_every_mutex) {
#if PARKING_LOT_USE_STD
    static_assert(std::is_same_v<Mutex<int>::RawType, RawStdMutex>);
    static_assert(std::is_same_v<FairMutex<int>::RawType, RawStdMutex>);
#else
    static_assert(!std::is_same_v<Mutex<int>::RawType, RawStdMutex>);
    static_assert(!std::is_same_v<FairMutex<int>::RawType, RawStdMutex>);
#endif
    Mutex<int> first{1};
    FairMutex<int> second{2};
    const auto [a, b] = lock_all(first, second);
    EXPECT_EQ(*a + *b, 3);
}

}  // namespace
}  // namespace parking_lot
