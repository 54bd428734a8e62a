// SPDX-License-Identifier: MIT
// Deadline: every duration and time point becomes a limit that is never too early.
#include "parking_lot/deadline.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ratio>
#include <type_traits>

#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::nanoseconds;
using std::chrono::time_point;
using Steady = std::chrono::steady_clock;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_passed(Deadline deadline) { return deadline.time() == Deadline::passed().time(); }

/// Checks that `after(wait)` is `expected` from a moment between the call and the return.
template <class Duration>
void expect_after(Duration wait, nanoseconds expected) {
    const auto before = Steady::now();
    const Deadline deadline = Deadline::after(wait);
    const auto after = Steady::now();
    EXPECT_GE(deadline.time(), before + expected);
    EXPECT_LE(deadline.time(), after + expected);
}

/// A clock whose time the test sets; `Rep` and `Period` as the test wants them.
template <class Rep_, class Period_, bool Steady_ = false>
struct SettableClock {
    using rep = Rep_;
    using period = Period_;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<SettableClock>;
    static constexpr bool is_steady = Steady_;

    static inline duration time{};
    static time_point now() noexcept { return time_point{time}; }
};

static_assert(Deadline::never().is_never());
static_assert(!Deadline::passed().is_never());
static_assert(std::is_trivially_copyable_v<Deadline>);
static_assert(!std::is_default_constructible_v<Deadline>);

TEST(Deadline, NeverDoesNotPass) { EXPECT_FALSE(Deadline::never().has_passed()); }

TEST(Deadline, PassedHasPassed) { EXPECT_TRUE(Deadline::passed().has_passed()); }

TEST(DeadlineAfter, IsTheDurationFromNow) {
    expect_after(1ns, 1ns);
    expect_after(20ms, 20ms);
    expect_after(1h, 1h);
    expect_after(std::chrono::days{400}, std::chrono::days{400});
}

TEST(DeadlineAfter, HasPassedOnceTheDurationIsOver) {
    const auto start = Steady::now();
    const Deadline deadline = Deadline::after(20ms);
    test::wait_until([&]() { return deadline.has_passed(); });
    EXPECT_GE(Steady::now() - start, 20ms);
    EXPECT_FALSE(Deadline::after(1h).has_passed());
}

TEST(DeadlineAfter, ZeroAndNegativeHavePassed) {
    EXPECT_TRUE(is_passed(Deadline::after(0s)));
    EXPECT_TRUE(is_passed(Deadline::after(-1ns)));
    EXPECT_TRUE(is_passed(Deadline::after(nanoseconds::min())));
    EXPECT_TRUE(is_passed(Deadline::after(std::chrono::hours::min())));
    EXPECT_TRUE(is_passed(Deadline::after(duration<double>{-kInfinity})));
    EXPECT_TRUE(is_passed(Deadline::after(duration<double>{-0.0})));
}

TEST(DeadlineAfter, NaNHasPassed) {
    EXPECT_TRUE(is_passed(Deadline::after(duration<double>{kNaN})));
    EXPECT_TRUE(is_passed(Deadline::after(duration<float, std::nano>{std::nanf("")})));
}

TEST(DeadlineAfter, WhatWouldOverflowIsNever) {
    EXPECT_TRUE(Deadline::after(nanoseconds::max()).is_never());
    EXPECT_TRUE(Deadline::after(std::chrono::seconds::max()).is_never());
    EXPECT_TRUE(Deadline::after(std::chrono::hours::max()).is_never());
    EXPECT_TRUE(Deadline::after(duration<double, std::ratio<3600>>::max()).is_never());
    EXPECT_TRUE(Deadline::after(duration<double>{kInfinity}).is_never());
    EXPECT_TRUE(Deadline::after(duration<std::uint64_t>::max()).is_never());
    EXPECT_TRUE(Deadline::after(duration<std::uint64_t, std::nano>::max()).is_never());
}

TEST(DeadlineAfter, ThirtyYearsIsWhereNeverBegins) {
    EXPECT_FALSE(Deadline::after(std::chrono::years{29}).is_never());
    EXPECT_TRUE(Deadline::after(std::chrono::years{31}).is_never());
}

TEST(DeadlineAfter, TakesUnsignedAndNarrowCounts) {
    expect_after(duration<std::uint8_t>{200}, 200s);
    expect_after(duration<std::uint32_t, std::milli>{4'000'000'000u}, 4'000'000s);
    expect_after(duration<std::uint64_t, std::nano>{20'000'000}, 20ms);
    EXPECT_TRUE(is_passed(Deadline::after(duration<std::uint64_t>{0})));
}

TEST(DeadlineAfter, TakesFloatingPointCounts) {
    expect_after(duration<double>{1.5}, 1500ms);
    expect_after(duration<float, std::milli>{1.5F}, 1500us);
    expect_after(duration<long double, std::ratio<60>>{0.5L}, 30s);
}

TEST(DeadlineAfter, RoundsUp) {
    expect_after(duration<double, std::nano>{0.25}, 1ns);
    expect_after(duration<double>{1e-300}, 1ns);
    expect_after(duration<std::int64_t, std::pico>{1}, 1ns);
    expect_after(duration<std::int64_t, std::pico>{2001}, 3ns);
    expect_after(duration<std::int64_t, std::ratio<1, 3>>{1}, 333'333'334ns);
}

TEST(DeadlineAt, SteadyTimePointIsNeverTooEarly) {
    const auto before = Steady::now();
    const Deadline deadline = Deadline::at(before + 1h);
    const auto after = Steady::now();
    EXPECT_GE(deadline.time(), before + 1h);
    EXPECT_LE(deadline.time(), after + 1h);
}

TEST(DeadlineAt, ThePastHasPassed) {
    EXPECT_TRUE(is_passed(Deadline::at(Steady::now())));
    EXPECT_TRUE(is_passed(Deadline::at(Steady::now() - 1h)));
    EXPECT_TRUE(is_passed(Deadline::at(Steady::time_point::min())));
    EXPECT_TRUE(is_passed(Deadline::at(std::chrono::system_clock::time_point{})));
    EXPECT_TRUE(is_passed(Deadline::at(std::chrono::system_clock::time_point::min())));
}

TEST(DeadlineAt, TheFarFutureIsNever) {
    EXPECT_TRUE(Deadline::at(Steady::time_point::max()).is_never());
    EXPECT_TRUE(Deadline::at(std::chrono::system_clock::time_point::max()).is_never());
    EXPECT_TRUE(Deadline::at(std::chrono::sys_seconds::max()).is_never());
    EXPECT_TRUE(Deadline::at(std::chrono::system_clock::now() + std::chrono::years{31}).is_never());
}

TEST(DeadlineAt, OtherClocksAreConvertedByTheirDistanceFromNow) {
    using Clock = SettableClock<std::int64_t, std::milli>;
    for (const auto now : {-5'000'000ms, 0ms, 5'000'000ms}) {
        Clock::time = now;
        const auto before = Steady::now();
        const Deadline deadline = Deadline::at(Clock::now() + 90ms);
        const auto after = Steady::now();
        EXPECT_GE(deadline.time(), before + 90ms);
        EXPECT_LE(deadline.time(), after + 90ms);
    }
}

TEST(DeadlineAt, CoarseUnsignedAndFloatingClocks) {
    using Coarse = SettableClock<std::uint32_t, std::ratio<1>>;
    Coarse::time = Coarse::duration{10};
    EXPECT_TRUE(is_passed(Deadline::at(Coarse::time_point{Coarse::duration{9}})));
    EXPECT_GE(Deadline::at(Coarse::time_point{Coarse::duration{11}}).time(), Steady::now());

    using Floating = SettableClock<double, std::ratio<1>>;
    Floating::time = Floating::duration{0.5};
    EXPECT_TRUE(is_passed(Deadline::at(Floating::time_point{Floating::duration{0.25}})));
    const auto before = Steady::now();
    const Deadline deadline = Deadline::at(Floating::time_point{Floating::duration{100.75}});
    EXPECT_GE(deadline.time(), before + 100'250ms);
}

TEST(DeadlineAt, NaNAndInfinity) {
    using Clock = SettableClock<double, std::ratio<1>>;
    Clock::time = Clock::duration{7.0};
    EXPECT_TRUE(is_passed(Deadline::at(Clock::time_point{Clock::duration{kNaN}})));
    EXPECT_TRUE(is_passed(Deadline::at(Clock::time_point{Clock::duration{-kInfinity}})));
    EXPECT_TRUE(Deadline::at(Clock::time_point{Clock::duration{kInfinity}}).is_never());
}

TEST(DeadlineAt, TimePointsFinerThanTheClockRoundUp) {
    using Clock = SettableClock<std::int64_t, std::ratio<1>>;
    Clock::time = Clock::duration{1};
    const auto before = Steady::now();
    const time_point<Clock, duration<std::int64_t, std::pico>> time{
        duration<std::int64_t, std::pico>{1'000'000'000'001}};
    EXPECT_GE(Deadline::at(time).time(), before + 1ns);
}

using Adjustable = SettableClock<std::int64_t, std::milli>;

TEST(AttemptUntil, ReturnsTrueAtTheFirstSuccess) {
    int attempts = 0;
    EXPECT_TRUE(attempt_until(Steady::now() + 1h, [&](Deadline deadline) {
        ++attempts;
        return !deadline.is_never();
    }));
    EXPECT_EQ(attempts, 1);
}

TEST(AttemptUntil, SteadyClockIsNotAskedAgain) {
    int attempts = 0;
    EXPECT_FALSE(attempt_until(Steady::now() + 1h, [&](Deadline) { return ++attempts > 1; }));
    EXPECT_EQ(attempts, 1);
}

TEST(AttemptUntil, PastTimePointIsAttemptedOnceWithoutWaiting) {
    Adjustable::time = 1000ms;
    int attempts = 0;
    EXPECT_FALSE(attempt_until(Adjustable::time_point{10ms}, [&](Deadline deadline) {
        ++attempts;
        return !is_passed(deadline);
    }));
    EXPECT_EQ(attempts, 1);
}

TEST(AttemptUntil, ClockThatWasSetBackIsWaitedForAgain) {
    Adjustable::time = 1000ms;
    const Adjustable::time_point limit{2000ms};
    int attempts = 0;
    EXPECT_FALSE(attempt_until(limit, [&](Deadline) {
        // The wait is over by the steady clock; meanwhile the clock was set back, then forward.
        Adjustable::time = ++attempts < 3 ? 500ms : 2000ms;
        return false;
    }));
    EXPECT_EQ(attempts, 3);
}

TEST(AttemptUntil, SuccessAfterTheClockWasSetBack) {
    Adjustable::time = 1000ms;
    int attempts = 0;
    EXPECT_TRUE(
        attempt_until(Adjustable::time_point{2000ms}, [&](Deadline) { return ++attempts == 2; }));
    EXPECT_EQ(attempts, 2);
}

TEST(AttemptUntil, NaNTimePointGivesUp) {
    using Clock = SettableClock<double, std::ratio<1>>;
    Clock::time = Clock::duration{1.0};
    int attempts = 0;
    // The second attempt would succeed, so that the test ends if it is made.
    EXPECT_FALSE(attempt_until(Clock::time_point{Clock::duration{kNaN}},
                               [&](Deadline) { return ++attempts == 2; }));
    EXPECT_EQ(attempts, 1);
}

}  // namespace
}  // namespace parking_lot
