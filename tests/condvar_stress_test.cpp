// SPDX-License-Identifier: MIT
// Condvar under load: bounded queues, ping-pong, crowds, and notifications that cross time-outs.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <tuple>

#include "parking_lot/condvar.hpp"
#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// A small generator of numbers that differ enough.
class Random {
  public:
    explicit Random(std::size_t seed)
        : state_{static_cast<std::uint32_t>(seed) * 2654435761U + 1} {}

    unsigned below(unsigned limit) {
        state_ = state_ * 1664525U + 1013904223U;
        return (state_ >> 16) % limit;
    }

  private:
    std::uint32_t state_;
};

template <class Mutex>
struct Plain {
    auto guard() { return mutex.lock(); }
    Mutex mutex{0};
};

template <class Raw>
struct Unique {
    auto guard() { return std::unique_lock{raw}; }
    Raw raw{};
};

template <class Kind>
class CondvarStressTest : public ::testing::Test {
  protected:
    ~CondvarStressTest() override { EXPECT_EQ(test::parked_anywhere(), 0U); }
};

using Kinds = ::testing::Types<Plain<Mutex<int>>, Plain<FairMutex<int>>, Unique<RawMutex>,
                               Unique<RawFairMutex>, Unique<std::mutex>>;
TYPED_TEST_SUITE(CondvarStressTest, Kinds);

/// A queue of bounded capacity between some producers and some consumers.
template <class Kind>
class BoundedQueue {
  public:
    BoundedQueue(std::size_t capacity, bool notify_all)
        : capacity_{capacity}, notify_all_{notify_all} {}

    void push(int value) {
        auto guard = kind_.guard();
        not_full_.wait(guard, [this]() { return values_.size() < capacity_; });
        values_.push_back(value);
        notify(not_empty_);
    }

    int pop() {
        auto guard = kind_.guard();
        not_empty_.wait(guard, [this]() { return !values_.empty(); });
        const int value = values_.front();
        values_.pop_front();
        guard.unlock();
        notify(not_full_);
        return value;
    }

  private:
    void notify(Condvar& condvar) {
        if (notify_all_) {
            condvar.notify_all();
        } else {
            condvar.notify_one();
        }
    }

    const std::size_t capacity_;
    const bool notify_all_;
    Kind kind_;
    Condvar not_empty_;
    Condvar not_full_;
    std::deque<int> values_;
};

template <class Kind>
void produce_and_consume(std::size_t producers, std::size_t consumers, std::size_t capacity,
                         bool notify_all) {
    const std::size_t values = capacity == 1 ? 40 : 100;  // both are multiples of 1, 5 and 10
    BoundedQueue<Kind> queue{capacity, notify_all};
    std::atomic<std::size_t> sum{0};
    test::run_together(producers + consumers, [&](std::size_t index) {
        if (index < producers) {
            for (std::size_t i = 0; i < values / producers; ++i) queue.push(1);
        } else {
            for (std::size_t i = 0; i < values / consumers; ++i) {
                sum += static_cast<std::size_t>(queue.pop());
            }
        }
    });
    EXPECT_EQ(sum, values);
}

TYPED_TEST(CondvarStressTest, producers_and_consumers) {
    for (const std::size_t producers : {1U, 5U, 10U}) {
        for (const std::size_t consumers : {1U, 5U, 10U}) {
            for (const std::size_t capacity : {1U, 100U}) {
                for (const bool notify_all : {false, true}) {
                    SCOPED_TRACE(std::to_string(producers) + " producers, " +
                                 std::to_string(consumers) + " consumers, capacity " +
                                 std::to_string(capacity) + (notify_all ? ", all" : ", one"));
                    produce_and_consume<TypeParam>(producers, consumers, capacity, notify_all);
                }
            }
        }
    }
}

TYPED_TEST(CondvarStressTest, ping_pong) {
    constexpr int kRounds = 1000;
    TypeParam kind;
    std::array<Condvar, 2> turn_came;
    std::size_t turn = 0;
    int rounds = 0;
    test::run_together(2, [&](std::size_t me) {
        for (int i = 0; i < kRounds; ++i) {
            auto guard = kind.guard();
            turn_came[me].wait(guard, [&]() { return turn == me; });
            ++rounds;
            turn = 1 - me;
            const bool before_unlock = i % 2 == 0;
            if (!before_unlock) guard.unlock();
            turn_came[1 - me].notify_one();
        }
    });
    EXPECT_EQ(rounds, 2 * kRounds);
}

TYPED_TEST(CondvarStressTest, crowd_of_64) {
    constexpr std::size_t kThreads = 64;
    constexpr int kRounds = 10;
    TypeParam kind;
    Condvar all_came;
    std::size_t missing = kThreads;
    int round = 0;
    test::run_together(kThreads, [&](std::size_t) {
        for (int i = 0; i < kRounds; ++i) {
            auto guard = kind.guard();
            if (--missing == 0) {
                missing = kThreads;
                ++round;
                if (i % 2 == 0) guard.unlock();
                EXPECT_EQ(all_came.notify_all(), kThreads - 1);
            } else {
                all_came.wait(guard, [&]() { return round > i; });
            }
        }
    });
    EXPECT_EQ(round, kRounds);
}

/// Every notification that reports a thread ends a wait, and no wait ends otherwise: sums agree.
class Tally {
  public:
    void waited(bool notified) { notified_ += notified ? 1U : 0U; }
    void notify(Condvar& condvar, bool all) {
        reported_ += all ? condvar.notify_all() : (condvar.notify_one() ? 1U : 0U);
    }

    /// Once nobody waits any more.
    void expect_equal([[maybe_unused]] Condvar& condvar) const {
#if !PARKING_LOT_USE_STD
        EXPECT_EQ(notified_, reported_);
        EXPECT_FALSE(condvar.notify_one());
#endif
    }

  private:
    std::atomic<std::size_t> notified_{0};
    std::atomic<std::size_t> reported_{0};
};

TYPED_TEST(CondvarStressTest, notifications_cross_timeouts) {
    constexpr std::size_t kWaiters = 6;
    constexpr std::size_t kLocks = 2;
    std::array<TypeParam, kLocks> kinds;
    Condvar condvar;
    Tally tally;
    std::atomic<std::size_t> waiters_left{kWaiters};
    test::run_together(kWaiters + 2, [&](std::size_t index) {
        Random random{index};
        TypeParam& kind = kinds[index % kLocks];
        if (index < kWaiters) {
            for (int i = 0; i < 200; ++i) {
                auto guard = kind.guard();
                const std::chrono::microseconds patience{random.below(150)};
                tally.waited(condvar.wait_for(guard, patience));
            }
            --waiters_left;
            return;
        }
        while (waiters_left != 0) {
            if (random.below(2) == 0) {
                const auto guard = kind.guard();
                tally.notify(condvar, random.below(4) == 0);
            } else {
                tally.notify(condvar, random.below(4) == 0);
            }
            if (random.below(4) == 0) std::this_thread::yield();
        }
    });
    tally.expect_equal(condvar);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(CondvarStressTest, notifications_cross_stop_requests) {
    constexpr std::size_t kPairs = 2;
    TypeParam kind;
    Condvar condvar;
    Tally tally;
    std::array<std::atomic<std::stop_source*>, kPairs> to_stop{};
    std::atomic<std::size_t> waiters_left{kPairs};
    test::run_together(2 * kPairs, [&](std::size_t index) {
        auto& mine = to_stop[index / 2];
        if (index % 2 == 0) {
            for (int i = 0; i < 200; ++i) {
                std::stop_source stop;
                mine = &stop;
                {
                    auto guard = kind.guard();
                    tally.waited(condvar.wait(guard, stop.get_token()));
                }
                test::wait_until([&]() { return mine == nullptr; });
            }
            --waiters_left;
            return;
        }
        while (waiters_left != 0) {
            std::stop_source* const stop = mine;
            if (stop == nullptr) {
                std::this_thread::yield();
                continue;
            }
            if (index == 1) tally.notify(condvar, false);
            stop->request_stop();
            mine = nullptr;
        }
    });
    tally.expect_equal(condvar);
}
#endif

}  // namespace
}  // namespace parking_lot
