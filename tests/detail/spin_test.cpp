// SPDX-License-Identifier: MIT
// Spin: how often it waits, and when it does not.
#include "parking_lot/detail/spin.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace parking_lot::detail {
namespace {

using namespace std::chrono_literals;

int count(Spin spin) {
    int times = 0;
    while (spin.once()) ++times;
    return times;
}

TEST(Spin, WithoutPatienceItEndsAtOnce) {
    EXPECT_EQ(count(Spin{{.pauses = 0, .yields = 0}, Deadline::never()}), 0);
}

TEST(Spin, PausesExactlyAsOftenAsAllowed) {
    EXPECT_EQ(count(Spin{{.pauses = 5, .yields = 0}, Deadline::never()}), 5);
    EXPECT_EQ(count(Spin{{.pauses = 5, .yields = 0}, Deadline::after(1h)}), 5);
}

TEST(Spin, YieldsAtLeastOnceAndAtMostAsOftenAsAllowed) {
    // How often depends on whether others need the processor.
    const int yields = count(Spin{{.pauses = 0, .yields = 7}, Deadline::never()});
    EXPECT_GE(yields, 1);
    EXPECT_LE(yields, 7);
}

TEST(Spin, PausesComeBeforeYields) {
    const int times = count(Spin{{.pauses = 3, .yields = 2}, Deadline::never()});
    EXPECT_GE(times, 4);
    EXPECT_LE(times, 5);
}

TEST(Spin, DoesNotYieldWithADeadline) {
    EXPECT_EQ(count(Spin{{.pauses = 3, .yields = 100}, Deadline::after(1h)}), 3);
    EXPECT_EQ(count(Spin{{.pauses = 3, .yields = 100}, Deadline::passed()}), 3);
}

TEST(Spin, StaysExhausted) {
    Spin spin{{.pauses = 1, .yields = 0}, Deadline::never()};
    EXPECT_TRUE(spin.once());
    EXPECT_FALSE(spin.once());
    EXPECT_FALSE(spin.once());
}

}  // namespace
}  // namespace parking_lot::detail
