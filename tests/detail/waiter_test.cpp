// SPDX-License-Identifier: MIT
// Waiter: the handshake of one sleeping thread with those that notify or cancel it.
#include "parking_lot/detail/waiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <type_traits>

#include "support/asleep.hpp"
#include "support/threads.hpp"

namespace parking_lot::detail {
namespace {

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<Waiter>);
static_assert(!std::is_move_constructible_v<Waiter>);
static_assert(std::is_trivially_destructible_v<Waiter>);
static_assert(Key{} == Key{});
static_assert(Key{nullptr, Kind::ByteMutex} != Key{nullptr, Kind::WordMutex});

bool sleep(Waiter& waiter, Deadline deadline, int yields = 0) {
    return waiter.sleep(deadline, Spin{{.pauses = yields, .yields = yields}, deadline});
}

TEST(Waiter, KeepsItsTokenAndIsNotQueued) {
    const Waiter waiter{core::ParkToken{12}};
    EXPECT_EQ(waiter.park_token, core::ParkToken{12});
    EXPECT_FALSE(waiter.queued);
    EXPECT_FALSE(waiter.is_cancelled());
}

TEST(Waiter, NotifyBeforeSleep) {
    Waiter waiter;
    waiter.notify();
    EXPECT_TRUE(sleep(waiter, Deadline::never()));
    waiter.sleep_until_notified();
}

TEST(Waiter, NotifyBeforeSleepWinsOverAPassedDeadline) {
    Waiter waiter;
    waiter.notify();
    EXPECT_TRUE(sleep(waiter, Deadline::passed()));
}

TEST(Waiter, TimesOutButNotEarly) {
    Waiter waiter;
    EXPECT_FALSE(sleep(waiter, Deadline::passed()));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(sleep(waiter, Deadline::after(20ms)));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

TEST(Waiter, NotifyWakesTheSleeper) {
    for (const int yields : {0, 10}) {
        Waiter waiter;
        std::atomic<int> number{0};
        test::Threads threads;
        threads.start([&]() {
            number.store(test::thread_number());
            EXPECT_TRUE(sleep(waiter, Deadline::never(), yields));
        });
        test::wait_until([&]() { return number.load() != 0; });
        test::wait_until_asleep(number.load());
        waiter.notify();
    }
}

TEST(Waiter, NotifyRacingTheFallingAsleepIsNeverLost) {
    for (int round = 0; round < 300; ++round) {
        Waiter waiter;
        test::Threads threads;
        threads.start([&]() { waiter.notify(); });
        EXPECT_TRUE(sleep(waiter, Deadline::never(), round % 3));
    }
}

TEST(Waiter, PublishesTheWakersWrites) {
    int message = 0;
    Waiter waiter;
    test::Threads threads;
    threads.start([&]() {
        message = 1;
        waiter.notify();
    });
    EXPECT_TRUE(sleep(waiter, Deadline::never()));
    EXPECT_EQ(message, 1);
}

TEST(Waiter, CancelEndsThisAndEveryLaterSleep) {
    Waiter waiter;
    test::Threads threads;
    threads.start([&]() { waiter.cancel(); });
    EXPECT_FALSE(sleep(waiter, Deadline::never()));
    EXPECT_TRUE(waiter.is_cancelled());
    EXPECT_FALSE(sleep(waiter, Deadline::never(), 10));
}

TEST(Waiter, RearmForgetsTheNotificationButNotTheCancel) {
    Waiter waiter;
    waiter.notify();
    waiter.rearm();
    EXPECT_FALSE(sleep(waiter, Deadline::passed()));
    waiter.cancel();
    waiter.notify();
    waiter.rearm();
    EXPECT_TRUE(waiter.is_cancelled());
    EXPECT_FALSE(sleep(waiter, Deadline::never()));
}

TEST(Waiter, NotifyWinsOverCancel) {
    Waiter waiter;
    waiter.cancel();
    waiter.notify();
    EXPECT_TRUE(sleep(waiter, Deadline::never()));
}

TEST(Waiter, CancelledOneStillWaitsForANotifyUnderWay) {
    Waiter waiter;
    std::atomic<bool> notifies{false};
    waiter.cancel();
    EXPECT_FALSE(sleep(waiter, Deadline::never()));
    test::Threads threads;
    threads.start([&]() {
        notifies.store(true);
        waiter.notify();
    });
    waiter.sleep_until_notified();
    EXPECT_TRUE(notifies.load());
}

TEST(Waiter, NotifyRacingTheDeadlineIsNeverLost) {
    for (int round = 0; round < 300; ++round) {
        Waiter waiter;
        std::atomic<bool> notifies{false};
        test::Threads threads;
        threads.start([&]() {
            notifies.store(true);
            waiter.notify();
        });
        if (!sleep(waiter, Deadline::after(std::chrono::microseconds{round % 50}))) {
            waiter.sleep_until_notified();
        }
        EXPECT_TRUE(notifies.load());
    }
}

TEST(Waiter, NotifyAndCancelTogether) {
    for (int round = 0; round < 200; ++round) {
        Waiter waiter;
        test::Threads threads;
        threads.start([&]() { waiter.notify(); });
        threads.start([&]() { waiter.cancel(); });
        if (!sleep(waiter, Deadline::never())) waiter.sleep_until_notified();
        threads.join();
        EXPECT_TRUE(waiter.is_cancelled());
        EXPECT_TRUE(sleep(waiter, Deadline::passed()));
    }
}

}  // namespace
}  // namespace parking_lot::detail
