// SPDX-License-Identifier: MIT
// Latch: counts down once, and lets all go.
#include "parking_lot/latch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <type_traits>

#include "support/emulated.hpp"
#include "support/parking.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

constinit Latch at_namespace_scope{1};

static_assert(std::is_trivially_destructible_v<Latch> && !std::is_copy_constructible_v<Latch>);

class LatchTest : public test::ParkingTest {};

TEST_F(LatchTest, opens_at_zero_and_stays_open) {
    EXPECT_FALSE(at_namespace_scope.try_wait());
    Latch latch{3};
    latch.count_down();
    EXPECT_FALSE(latch.try_wait());
    latch.count_down(0);
    EXPECT_FALSE(latch.try_wait());
    latch.count_down(2);
    EXPECT_TRUE(latch.try_wait());
    latch.wait();
    EXPECT_TRUE(latch.wait_for(0s));
    Latch open{0};
    open.wait();
}

TEST_F(LatchTest, all_who_wait_are_woken_by_the_last) {
    Latch latch{2};
    std::atomic<int> through{0};
    test::Threads threads;
    for (int i = 0; i < 4; ++i) {
        threads.start([&]() {
            latch.wait();
            ++through;
        });
    }
    test::wait_for_parked(&latch, 4);
    latch.count_down();
    EXPECT_EQ(test::parked_at(&latch), 4U);
    EXPECT_EQ(through, 0);
    latch.count_down();
    threads.join();
    EXPECT_EQ(through, 4);
}

TEST_F(LatchTest, gives_up_at_the_limit) {
    Latch latch{1};
    EXPECT_FALSE(latch.wait_for(0s));
    EXPECT_FALSE(latch.wait_for(-1s));
    EXPECT_FALSE(latch.wait_for(2ms));
    EXPECT_FALSE(latch.wait_until(Deadline::passed()));
    EXPECT_FALSE(latch.wait_until(std::chrono::steady_clock::now() + 2ms));
    EXPECT_FALSE(latch.wait_until(std::chrono::system_clock::now() + 2ms));
    latch.count_down();
    EXPECT_TRUE(latch.wait_until(Deadline::passed()));
    EXPECT_TRUE(latch.wait_until(std::chrono::system_clock::time_point{}));
}

TEST_F(LatchTest, timed_waiters_are_woken_before_their_limit) {
    Latch latch{1};
    test::Threads threads;
    threads.start([&]() { EXPECT_TRUE(latch.wait_for(1h)); });
    threads.start([&]() { EXPECT_TRUE(latch.wait_until(std::chrono::system_clock::now() + 1h)); });
    test::wait_for_parked(&latch, 2);
    latch.count_down();
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST_F(LatchTest, gives_up_when_a_stop_is_requested) {
    Latch latch{1};
    std::stop_source source;
    test::Threads threads;
    threads.start([&]() { EXPECT_FALSE(latch.wait(source.get_token())); });
    test::wait_for_parked(&latch, 1);
    source.request_stop();
    threads.join();
    EXPECT_FALSE(latch.wait(source.get_token()));
    latch.count_down();
    EXPECT_TRUE(latch.wait(source.get_token()));
}
#endif

TEST_F(LatchTest, what_was_written_before_a_count_down_is_seen) {
    constexpr std::size_t kThreads = 4;
    constexpr int kRounds = test::kThreadSanitizer ? 50 : 500;
    for (int round = 0; round < kRounds; ++round) {
        Latch latch{kThreads};
        int written[kThreads] = {};
        test::run_together(kThreads, [&](std::size_t index) {
            written[index] = 1;
            latch.arrive_and_wait();
            for (const int value : written) EXPECT_EQ(value, 1);
        });
    }
}

/// For ASan: the thread that waited destroys the latch, while count_down() returns.
TEST_F(LatchTest, may_be_destroyed_as_soon_as_it_is_open) {
    constexpr int kRounds = test::kThreadSanitizer ? 100 : 2000;
    for (int i = 0; i < kRounds; ++i) {
        auto latch = std::make_unique<Latch>(1);
        test::Threads threads;
        threads.start([&shared = *latch]() { shared.count_down(); });
        latch->wait();
        latch.reset();
    }
}

#if PARKING_LOT_CHECKED
TEST(LatchMisuseDeathTest, counting_below_zero_is_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    Latch latch{1};
    EXPECT_DEATH(latch.count_down(2), "parking_lot: counted below zero");
}
#endif

}  // namespace
}  // namespace parking_lot
