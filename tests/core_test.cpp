// SPDX-License-Identifier: MIT
// core: what every function and every callback of parking by address promises.
#include "parking_lot/core.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "support/asleep.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using core::FilterOp;
using core::ParkResult;
using core::ParkStatus;
using core::ParkToken;
using core::RequeueOp;
using core::UnparkResult;
using core::UnparkToken;
using test::kIgnoreTimeOut;
using test::kNothing;
using test::kNoToken;
using test::kSleep;
using test::park_at;
using test::parked_at;
using test::Sleepers;
using test::Threads;
using test::tokens_at;
using test::unpark_one_at;
using test::wait_for_parked;
using Tokens = std::vector<std::uintptr_t>;

struct CoreTest : test::ParkingTest {
    int here = 0;
    int there = 0;
};

void expect_result(UnparkResult result, std::size_t unparked, std::size_t requeued, bool more) {
    EXPECT_EQ(result.unparked, unparked);
    EXPECT_EQ(result.requeued, requeued);
    EXPECT_EQ(result.have_more, more);
}

/// An address that shares its bucket with `address`, `step` bytes or a multiple of it away.
const char* neighbour_in_bucket(const char* address) {
    const char* other = address + 1;
    while (&detail::table().bucket_of(other) != &detail::table().bucket_of(address)) ++other;
    return other;
}

// park: its callbacks

TEST_F(CoreTest, ValidateThatSaysNoEndsTheParkAtOnce) {
    bool called = false;
    const ParkResult result = core::park(
        &here, []() noexcept { return false; }, [&]() noexcept { called = true; },
        [&](const void*, bool) noexcept { called = true; });
    EXPECT_EQ(result.status, ParkStatus::Invalid);
    EXPECT_FALSE(called);
}

TEST_F(CoreTest, BeforeSleepRunsOnceWithTheThreadQueuedAndTheQueueUnlocked) {
    int calls = 0;
    const auto wake_myself = [&]() noexcept {
        ++calls;
        EXPECT_EQ(parked_at(&here), 1u);
        // Would hang if the queue were locked, and find nobody if this thread were not in it.
        expect_result(unpark_one_at(&here), 1, 0, false);
    };
    const ParkResult result = core::park(&here, kSleep, wake_myself, kIgnoreTimeOut);
    EXPECT_EQ(result.status, ParkStatus::Unparked);
    EXPECT_EQ(calls, 1);
}

TEST_F(CoreTest, TokensReachTheOtherSide) {
    Sleepers sleepers;
    sleepers.park(&here, ParkToken{17});
    EXPECT_EQ(tokens_at(&here), (Tokens{17}));
    core::unpark_one(&here, [](UnparkResult) noexcept { return UnparkToken{71}; });
    const ParkResult result = sleepers.result_of(0);
    EXPECT_EQ(result.status, ParkStatus::Unparked);
    EXPECT_EQ(result.token, UnparkToken{71});
}

TEST_F(CoreTest, CallbacksOfOneAddressExcludeEachOther) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 2000;
    std::size_t count = 0;  // not atomic: guarded by the queue
    std::atomic<std::size_t> time_outs{0};
    test::run_together(kThreads, [&](std::size_t) {
        for (std::size_t i = 0; i < kRounds; ++i) {
            const auto refuse = [&]() noexcept { return ++count == 0; };
            (void)core::park(&here, refuse, kNothing, kIgnoreTimeOut);
            core::unpark_one(&here, [&](UnparkResult) noexcept { return UnparkToken{++count}; });
            const auto tick = [&](const void*, bool) noexcept { ++count; };
            const ParkResult result =
                core::park(&here, kSleep, kNothing, tick, {}, Deadline::passed());
            if (result.status == ParkStatus::TimedOut) time_outs.fetch_add(1);
        }
    });
    EXPECT_EQ(count, kThreads * kRounds * 2 + time_outs.load());
}

// park: its deadline

TEST_F(CoreTest, TimedOutLearnsWhereItWasAndThatItWasLast) {
    std::vector<bool> was_last;
    const ParkResult result = core::park(
        &here, kSleep, kNothing,
        [&](const void* address, bool last) noexcept {
            EXPECT_EQ(address, &here);
            was_last.push_back(last);
        },
        {}, Deadline::passed());
    EXPECT_EQ(result.status, ParkStatus::TimedOut);
    EXPECT_EQ(was_last, std::vector<bool>{true});
}

TEST_F(CoreTest, TimedOutWithOthersAheadWasNotLast) {
    Sleepers sleepers;
    sleepers.park(&here);
    bool was_last = true;
    const auto note = [&](const void*, bool last) noexcept { was_last = last; };
    EXPECT_EQ(core::park(&here, kSleep, kNothing, note, {}, Deadline::passed()).status,
              ParkStatus::TimedOut);
    EXPECT_FALSE(was_last);
    core::unpark_all(&here);
}

TEST_F(CoreTest, TimedOutWithOthersBehindWasNotLast) {
    Sleepers sleepers;
    bool was_last = true;
    (void)core::park(
        &here, kSleep, [&]() noexcept { sleepers.park(&here); },
        [&](const void*, bool last) noexcept { was_last = last; }, {}, Deadline::passed());
    EXPECT_FALSE(was_last);
    EXPECT_EQ(core::unpark_all(&here), 1u);
}

TEST_F(CoreTest, OtherAddressesDoNotCountForWasLast) {
    std::array<char, 1> bytes{};
    const char* const neighbour = neighbour_in_bucket(bytes.data());
    Sleepers sleepers;
    sleepers.park(neighbour);
    bool was_last = false;
    (void)core::park(
        bytes.data(), kSleep, kNothing, [&](const void*, bool last) noexcept { was_last = last; },
        {}, Deadline::passed());
    EXPECT_TRUE(was_last);
    core::unpark_all(neighbour);
}

TEST_F(CoreTest, DoesNotTimeOutEarly) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(park_at(&here, {}, Deadline::after(20ms)).status, ParkStatus::TimedOut);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 20ms);
}

TEST_F(CoreTest, UnparkWinsOverDeadline) {
    const ParkResult result = core::park(
        &here, kSleep,
        [&]() noexcept {
            core::unpark_one(&here, [](UnparkResult) noexcept { return UnparkToken{5}; });
        },
        [](const void*, bool) noexcept { FAIL(); }, {}, Deadline::passed());
    EXPECT_EQ(result.status, ParkStatus::Unparked);
    EXPECT_EQ(result.token, UnparkToken{5});
}

/// The deadline passes after the thread was taken from the queue and before it is notified.
TEST_F(CoreTest, UnparkUnderWayWinsOverDeadline) {
    std::atomic<bool> is_queued{false};
    std::atomic<bool> is_taken{false};
    const int sleeper = test::thread_number();
    Threads threads;
    threads.start([&]() {
        test::wait_until([&]() { return is_queued.load(); });
        core::unpark_one(&here, [&](UnparkResult) noexcept {
            is_taken.store(true);
            test::wait_until_asleep(sleeper);  // it has timed out and waits for the queue's lock
            return UnparkToken{5};
        });
    });
    const ParkResult result = core::park(
        &here, kSleep,
        [&]() noexcept {
            is_queued.store(true);
            while (!is_taken.load()) std::this_thread::yield();
        },
        [](const void*, bool) noexcept { FAIL(); }, {}, Deadline::passed());
    EXPECT_EQ(result.status, ParkStatus::Unparked);
    EXPECT_EQ(result.token, UnparkToken{5});
}

TEST_F(CoreTest, TimeOutLeavesTheOthersInOrder) {
    Sleepers sleepers;
    sleepers.park_many(&here, 2);
    (void)core::park(
        &here, kSleep, [&]() noexcept { sleepers.park(&here, ParkToken{4}); }, kIgnoreTimeOut,
        ParkToken{3}, Deadline::passed());
    EXPECT_EQ(tokens_at(&here), (Tokens{1, 2, 4}));
    EXPECT_EQ(core::unpark_all(&here), 3u);
}

// unpark_one

TEST_F(CoreTest, UnparkOneCallsBackAlsoWhenNobodyIsParked) {
    int calls = 0;
    const UnparkResult result = core::unpark_one(&here, [&](UnparkResult seen) noexcept {
        ++calls;
        expect_result(seen, 0, 0, false);
        return UnparkToken{};
    });
    expect_result(result, 0, 0, false);
    EXPECT_EQ(calls, 1);
}

TEST_F(CoreTest, UnparkOneTakesTheOldestAndTellsWhetherMoreWait) {
    Sleepers sleepers;
    sleepers.park_many(&here, 3);
    for (std::size_t i = 0; i < 3; ++i) {
        expect_result(unpark_one_at(&here), 1, 0, i < 2);
        EXPECT_EQ(sleepers.result_of(i).status, ParkStatus::Unparked);
        EXPECT_EQ(sleepers.awake(), i + 1);
    }
}

TEST_F(CoreTest, CallbackRunsBeforeTheThreadDoes) {
    Sleepers sleepers;
    sleepers.park(&here);
    core::unpark_one(&here, [&](UnparkResult seen) noexcept {
        expect_result(seen, 1, 0, false);
        EXPECT_FALSE(sleepers.is_awake(0));
        return UnparkToken{};
    });
}

TEST_F(CoreTest, UnparkReachesOnlyItsAddress) {
    Sleepers sleepers;
    sleepers.park(&here);
    expect_result(unpark_one_at(&there), 0, 0, false);
    EXPECT_EQ(core::unpark_all(&there), 0u);
    EXPECT_EQ(parked_at(&here), 1u);
    core::unpark_all(&here);
}

// unpark_all

TEST_F(CoreTest, UnparkAllWakesEveryoneWithTheToken) {
    Sleepers sleepers;
    sleepers.park_many(&here, 5);
    EXPECT_EQ(core::unpark_all(&here, UnparkToken{9}), 5u);
    EXPECT_EQ(parked_at(&here), 0u);
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(sleepers.result_of(i).token, UnparkToken{9});
}

TEST_F(CoreTest, UnparkAllOfNobody) { EXPECT_EQ(core::unpark_all(&here), 0u); }

// unpark_filter

TEST_F(CoreTest, FilterSeesTheTokensInOrderUntilItStops) {
    Sleepers sleepers;
    sleepers.park_many(&here, 4);
    Tokens seen;
    const UnparkResult result = core::unpark_filter(
        &here,
        [&](ParkToken token) noexcept {
            seen.push_back(token.value);
            if (token.value == 1) return FilterOp::Skip;
            return token.value == 2 ? FilterOp::Unpark : FilterOp::Stop;
        },
        kNoToken);
    EXPECT_EQ(seen, (Tokens{1, 2, 3}));
    expect_result(result, 1, 0, true);
    EXPECT_EQ(sleepers.result_of(1).status, ParkStatus::Unparked);
    EXPECT_EQ(tokens_at(&here), (Tokens{1, 3, 4}));
    EXPECT_EQ(core::unpark_all(&here), 3u);
}

TEST_F(CoreTest, FilterThatTakesEveryOtherThread) {
    Sleepers sleepers;
    sleepers.park_many(&here, 6);
    const auto even = [](ParkToken token) noexcept {
        return token.value % 2 == 0 ? FilterOp::Unpark : FilterOp::Skip;
    };
    const UnparkResult result = core::unpark_filter(&here, even, [](UnparkResult seen) noexcept {
        expect_result(seen, 3, 0, true);
        return UnparkToken{3};
    });
    expect_result(result, 3, 0, true);
    EXPECT_EQ(tokens_at(&here), (Tokens{1, 3, 5}));
    for (const std::size_t i : {1u, 3u, 5u}) EXPECT_EQ(sleepers.result_of(i).token, UnparkToken{3});
    EXPECT_EQ(core::unpark_all(&here), 3u);
}

TEST_F(CoreTest, FilterThatTakesNobodyStillCallsBack) {
    Sleepers sleepers;
    sleepers.park_many(&here, 2);
    for (const FilterOp op : {FilterOp::Skip, FilterOp::Stop}) {
        int asked = 0;
        int called = 0;
        const auto filter = [&](ParkToken) noexcept {
            ++asked;
            return op;
        };
        const auto callback = [&](UnparkResult) noexcept {
            ++called;
            return UnparkToken{};
        };
        expect_result(core::unpark_filter(&here, filter, callback), 0, 0, true);
        EXPECT_EQ(asked, op == FilterOp::Skip ? 2 : 1);
        EXPECT_EQ(called, 1);
    }
    EXPECT_EQ(tokens_at(&here), (Tokens{1, 2}));
    core::unpark_all(&here);
}

TEST_F(CoreTest, FilterThatTakesAllHasNoMore) {
    Sleepers sleepers;
    sleepers.park_many(&here, 3);
    const auto all = [](ParkToken) noexcept { return FilterOp::Unpark; };
    expect_result(core::unpark_filter(&here, all, kNoToken), 3, 0, false);
}

// unpark_requeue

/// Requeues from `from` to `to`, checks that the callback sees what is returned, and returns it.
UnparkResult requeue(const void* from, const void* to, RequeueOp op, UnparkToken token = {}) {
    UnparkResult in_callback;
    int calls = 0;
    const UnparkResult result = core::unpark_requeue(
        from, to, [op]() noexcept { return op; },
        [&](RequeueOp seen_op, UnparkResult seen) noexcept {
            EXPECT_EQ(seen_op, op);
            in_callback = seen;
            ++calls;
            return token;
        });
    EXPECT_EQ(calls, op == RequeueOp::Abort ? 0 : 1);
    expect_result(in_callback, result.unparked, result.requeued, result.have_more);
    return result;
}

struct RequeueTest : CoreTest {
    Sleepers sleepers;

    RequeueTest() {
        sleepers.park_many(&here, 3);
        sleepers.park(&there, ParkToken{10});
    }

    void expect_queues(const Tokens& at_here, const Tokens& at_there) {
        EXPECT_EQ(tokens_at(&here), at_here);
        EXPECT_EQ(tokens_at(&there), at_there);
        EXPECT_EQ(core::unpark_all(&here), at_here.size());
        EXPECT_EQ(core::unpark_all(&there), at_there.size());
    }
};

TEST_F(RequeueTest, AbortChangesNothing) {
    expect_result(requeue(&here, &there, RequeueOp::Abort), 0, 0, false);
    expect_queues({1, 2, 3}, {10});
}

TEST_F(RequeueTest, UnparkOne) {
    expect_result(requeue(&here, &there, RequeueOp::UnparkOne, UnparkToken{6}), 1, 0, true);
    EXPECT_EQ(sleepers.result_of(0).token, UnparkToken{6});
    expect_queues({2, 3}, {10});
}

TEST_F(RequeueTest, RequeueOne) {
    expect_result(requeue(&here, &there, RequeueOp::RequeueOne), 0, 1, true);
    EXPECT_EQ(sleepers.awake(), 0u);
    expect_queues({2, 3}, {10, 1});
}

TEST_F(RequeueTest, RequeueAllGoesBehindThoseAlreadyThere) {
    expect_result(requeue(&here, &there, RequeueOp::RequeueAll), 0, 3, false);
    EXPECT_EQ(sleepers.awake(), 0u);
    expect_queues({}, {10, 1, 2, 3});
}

TEST_F(RequeueTest, UnparkOneRequeueRest) {
    const auto op = RequeueOp::UnparkOneRequeueRest;
    expect_result(requeue(&here, &there, op, UnparkToken{6}), 1, 2, false);
    EXPECT_EQ(sleepers.result_of(0).token, UnparkToken{6});
    EXPECT_EQ(sleepers.awake(), 1u);
    expect_queues({}, {10, 2, 3});
}

TEST_F(CoreTest, RequeueOfNobodyStillCallsBack) {
    for (const RequeueOp op : {RequeueOp::UnparkOne, RequeueOp::RequeueOne, RequeueOp::RequeueAll,
                               RequeueOp::UnparkOneRequeueRest}) {
        expect_result(requeue(&here, &there, op), 0, 0, false);
    }
}

TEST_F(CoreTest, RequeueOfASingleWaiter) {
    Sleepers sleepers;
    sleepers.park(&here, ParkToken{1});
    expect_result(requeue(&here, &there, RequeueOp::RequeueOne), 0, 1, false);
    expect_result(requeue(&there, &here, RequeueOp::RequeueAll), 0, 1, false);
    expect_result(requeue(&here, &there, RequeueOp::UnparkOneRequeueRest), 1, 0, false);
    EXPECT_EQ(sleepers.result_of(0).status, ParkStatus::Unparked);
}

TEST_F(CoreTest, RequeueWithinOneBucket) {
    std::array<char, 1> bytes{};
    const char* const neighbour = neighbour_in_bucket(bytes.data());
    Sleepers sleepers;
    sleepers.park_many(bytes.data(), 3);
    sleepers.park(neighbour, ParkToken{10});
    expect_result(requeue(bytes.data(), neighbour, RequeueOp::UnparkOneRequeueRest), 1, 2, false);
    EXPECT_EQ(tokens_at(neighbour), (Tokens{10, 2, 3}));
    expect_result(requeue(neighbour, bytes.data(), RequeueOp::RequeueOne), 0, 1, true);
    EXPECT_EQ(tokens_at(bytes.data()), (Tokens{10}));
    EXPECT_EQ(core::unpark_all(bytes.data()), 1u);
    EXPECT_EQ(core::unpark_all(neighbour), 2u);
}

TEST_F(CoreTest, TimedOutLearnsWhereARequeueMovedIt) {
    bool was_last = true;
    Sleepers sleepers;
    sleepers.park(&there);
    const ParkResult result = core::park(
        &here, kSleep, [&]() noexcept { requeue(&here, &there, RequeueOp::RequeueAll); },
        [&](const void* address, bool last) noexcept {
            EXPECT_EQ(address, &there);
            was_last = last;
        },
        {}, Deadline::after(1ms));
    EXPECT_EQ(result.status, ParkStatus::TimedOut);
    EXPECT_FALSE(was_last);
    EXPECT_EQ(core::unpark_all(&there), 1u);
}

TEST_F(CoreTest, RequeuedThreadIsUnparkedAtItsNewAddress) {
    Sleepers sleepers;
    sleepers.park(&here);
    requeue(&here, &there, RequeueOp::RequeueAll);
    EXPECT_EQ(core::unpark_all(&here), 0u);
    EXPECT_EQ(core::unpark_all(&there, UnparkToken{4}), 1u);
    EXPECT_EQ(sleepers.result_of(0).token, UnparkToken{4});
}

/// Of two queues a requeue locks that which comes first in the table, then the other: while it
/// waits for the first it must not hold the second.
TEST_F(CoreTest, RequeuesInOppositeDirectionsLockInTheSameOrder) {
    detail::Bucket* first = &detail::table().bucket_of(&here);
    detail::Bucket* second = &detail::table().bucket_of(&there);
    ASSERT_NE(first, second);
    if (second < first) std::swap(first, second);
    std::array<std::atomic<int>, 2> numbers{};
    Threads threads;
    first->lock.lock();
    for (const std::size_t i : {0u, 1u}) {
        threads.start([&, i]() {
            numbers[i].store(test::thread_number());
            i == 0 ? requeue(&here, &there, RequeueOp::RequeueAll)
                   : requeue(&there, &here, RequeueOp::RequeueAll);
        });
    }
    for (const auto& number : numbers) {
        test::wait_until([&]() { return number.load() != 0; });
        test::wait_until_asleep(number.load());
    }
    second->lock.lock();  // would hang if one of them held it
    second->lock.unlock();
    first->lock.unlock();
}

// for_each_parked, many addresses

TEST_F(CoreTest, ForEachParkedVisitsEveryThreadWithItsAddressAndToken) {
    Sleepers sleepers;
    sleepers.park_many(&here, 3);
    sleepers.park(&there, ParkToken{10});
    EXPECT_EQ(test::parked_anywhere(), 4u);
    EXPECT_EQ(tokens_at(&here), (Tokens{1, 2, 3}));
    EXPECT_EQ(tokens_at(&there), (Tokens{10}));
    core::unpark_all(&here);
    core::unpark_all(&there);
}

TEST_F(CoreTest, ManyThreadsAtAddressesOfTheirOwn) {
    constexpr std::size_t kThreads = 64;
    std::array<char, kThreads> addresses{};
    std::array<std::atomic<bool>, kThreads> is_awake{};
    std::atomic<std::size_t> awake{0};
    Threads threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&, i]() {
            (void)park_at(&addresses[i]);
            is_awake[i].store(true);
            awake.fetch_add(1);
        });
    }
    test::wait_until([]() { return test::parked_anywhere() == kThreads; });
    for (std::size_t i = 0; i < kThreads; ++i) {
        const std::size_t chosen = (i * 37) % kThreads;  // visits each once, in no simple order
        expect_result(unpark_one_at(&addresses[chosen]), 1, 0, false);
        test::wait_until([&]() { return is_awake[chosen].load(); });
        test::wait_until([&]() { return awake.load() >= i + 1; });
        EXPECT_EQ(awake.load(), i + 1);
    }
}

// What the locks use beyond the public functions

struct ParkOptionsTest : CoreTest {
    ParkResult park_as(detail::Kind kind, detail::ParkOptions options, ParkToken token = {}) {
        detail::Waiter self{token};
        return detail::park(self, {&here, kind}, options, Deadline::never(), kSleep, kNothing,
                            kIgnoreTimeOut);
    }
};

TEST_F(ParkOptionsTest, WaitersOfAnotherKindAreNotReached) {
    Threads threads;
    threads.start([&]() { (void)park_as(detail::Kind::ByteMutex, {}); });
    wait_for_parked(&here, 1);
    Sleepers sleepers;
    sleepers.park(&here);
    EXPECT_EQ(core::unpark_all(&here), 1u);
    EXPECT_EQ(parked_at(&here), 1u);
    EXPECT_EQ(detail::unpark_all({&here, detail::Kind::WordMutex}, {}), 0u);
    EXPECT_EQ(detail::unpark_all({&here, detail::Kind::ByteMutex}, {}), 1u);
}

TEST_F(ParkOptionsTest, AtFrontIsWokenFirst) {
    Sleepers sleepers;
    sleepers.park_many(&here, 2);
    Threads threads;
    threads.start([&]() { (void)park_as(detail::Kind::User, {.at_front = true}, ParkToken{3}); });
    wait_for_parked(&here, 3);
    EXPECT_EQ(tokens_at(&here), (Tokens{3, 1, 2}));
    core::unpark_all(&here);
}

TEST_F(ParkOptionsTest, CancelledWaiterTimesOut) {
    detail::Waiter self;
    bool timed_out = false;
    const ParkResult result = detail::park(
        self, {&here}, {}, Deadline::never(), kSleep, [&]() noexcept { self.cancel(); },
        [&](const void*, bool) noexcept { timed_out = true; });
    EXPECT_EQ(result.status, ParkStatus::TimedOut);
    EXPECT_TRUE(timed_out);
}

TEST_F(ParkOptionsTest, UnparkWinsOverCancel) {
    detail::Waiter self;
    const auto both = [&]() noexcept {
        self.cancel();
        unpark_one_at(&here);
    };
    const ParkResult result = detail::park(self, {&here}, {}, Deadline::never(), kSleep, both,
                                           [](const void*, bool) noexcept { FAIL(); });
    EXPECT_EQ(result.status, ParkStatus::Unparked);
}

// Only callbacks that cannot throw are taken.
constexpr auto kThrowing = []() { return true; };
static_assert(detail::NoexceptCallback<decltype(kSleep)>);
static_assert(!detail::NoexceptCallback<decltype(kThrowing)>);

}  // namespace
}  // namespace parking_lot
