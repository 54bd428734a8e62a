// SPDX-License-Identifier: MIT
// Waits for predicates by many threads at once: bounded buffers, and everything together.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include "parking_lot/parking_lot.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::run_together;

/// A buffer for one item.
struct Slot {
    bool is_full = false;
    long taken = 0;
};

class BoundedBufferTest : public ::testing::TestWithParam<std::tuple<int, int>> {};

template <class Mutex>
void pass_on(int producers, int consumers) {
    const int rounds =
        (test::kThreadSanitizer || PARKING_LOT_USE_STD ? 100 : 1000) / (producers * consumers) + 1;
    Mutex slot;
    run_together(static_cast<std::size_t>(producers + consumers), [&](std::size_t thread) {
        const bool produces = thread < static_cast<std::size_t>(producers);
        const int items = rounds * (produces ? consumers : producers);
        for (int i = 0; i < items; ++i) {
            auto guard = slot.lock_when([=](const Slot& s) { return s.is_full != produces; });
            guard->is_full = produces;
            guard->taken += produces ? 0 : 1;
        }
    });
    EXPECT_EQ(slot.lock()->taken, long{rounds} * producers * consumers);
    EXPECT_FALSE(slot.lock()->is_full);
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

TEST_P(BoundedBufferTest, of_a_mutex) { std::apply(pass_on<Mutex<Slot>>, GetParam()); }
TEST_P(BoundedBufferTest, of_a_fair_mutex) { std::apply(pass_on<FairMutex<Slot>>, GetParam()); }

INSTANTIATE_TEST_SUITE_P(Threads, BoundedBufferTest,
                         ::testing::Combine(::testing::Values(1, 5, 10),
                                            ::testing::Values(1, 5, 10)));

/// Tokens go round: who takes one at its place puts it at the next.
struct Ring {
    static constexpr std::size_t kPlaces = 4;
    std::array<int, kPlaces> tokens{};
};

constexpr std::size_t kThreads = 8;
constexpr int kTokens = 3;

/// Calls `take(place, may_throw, limit)`, which moves a token if there was one in time, and
/// `disturb(kind)` in turns.
template <class Take, class Disturb>
void go_round(Take take, Disturb disturb) {
    const int rounds = test::kThreadSanitizer ? 100 : 600;
    run_together(kThreads, [&](std::size_t thread) {
        std::minstd_rand random{static_cast<unsigned>(thread) + 1};
        auto below = [&random](unsigned limit) { return static_cast<int>(random() % limit); };
        for (int i = 0; i < rounds; ++i) {
            const bool may_throw = below(8) == 0;
            try {
                take(static_cast<std::size_t>(below(Ring::kPlaces)), may_throw,
                     std::chrono::microseconds{below(300)});
            } catch (const std::runtime_error&) {
                EXPECT_TRUE(may_throw);
            }
            disturb(below(6));
        }
    });
}

auto has_token(std::size_t place, bool may_throw) {
    return [=](const Ring& ring) {
        const bool has = ring.tokens[place] > 0;
        if (has && may_throw) throw std::runtime_error{"thrown"};
        return has;
    };
}

void move_token(Ring& ring, std::size_t place) {
    --ring.tokens[place];
    ++ring.tokens[(place + 1) % Ring::kPlaces];
}

void expect_all_tokens(const Ring& ring) {
    int sum = 0;
    for (const int tokens : ring.tokens) {
        EXPECT_GE(tokens, 0);
        sum += tokens;
    }
    EXPECT_EQ(sum, kTokens);
}

template <class Mutex>
class AwaitStressTest : public ::testing::Test {};
using Mutexes = ::testing::Types<Mutex<Ring>, FairMutex<Ring>, BasicMutex<RawMutex, Ring>>;
TYPED_TEST_SUITE(AwaitStressTest, Mutexes);

TYPED_TEST(AwaitStressTest, no_token_is_lost_and_nobody_is_forgotten) {
    TypeParam ring;
    ring.get_mut().tokens[0] = kTokens;
    go_round(
        [&](std::size_t place, bool may_throw, std::chrono::microseconds limit) {
            const auto has = has_token(place, may_throw);
            if (limit < 30us) {
                auto guard = ring.lock();
                if (guard.await_for(limit, has)) move_token(*guard, place);
                guard.unlock_fair();
            } else if (auto guard = ring.try_lock_when_for(limit, has)) {
                move_token(**guard, place);
            }
        },
        [&](int kind) {
            if (kind == 0) ring.lock().bump();
            if (kind == 1) (void)ring.try_lock();
            if (kind == 2) ring.lock().unlock_fair();
            if (kind == 3) (void)ring.try_lock_for(50us);
        });
    expect_all_tokens(ring.get_mut());
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

template <class Lock>
class AwaitRwLockStressTest : public ::testing::Test {};
using RwLocks =
    ::testing::Types<RwLock<Ring>, ReaderPreferringRwLock<Ring>, WriterPreferringRwLock<Ring>>;
TYPED_TEST_SUITE(AwaitRwLockStressTest, RwLocks);

TYPED_TEST(AwaitRwLockStressTest, no_token_is_lost_and_nobody_is_forgotten) {
    TypeParam ring;
    ring.get_mut().tokens[0] = kTokens;
    go_round(
        [&](std::size_t place, bool may_throw, std::chrono::microseconds limit) {
            const auto has = has_token(place, may_throw);
            if (limit < 100us) {
                if (auto guard = ring.try_write_when_for(limit, has)) {
                    move_token(**guard, place);
                    auto reader = std::move(*guard).downgrade();
                }
            } else if (limit < 200us) {
                if (auto guard = ring.try_upgradable_read_when_for(limit, has)) {
                    guard->with_upgraded([&](Ring& data) { move_token(data, place); });
                }
            } else if (auto guard = ring.try_read_when_for(limit, has)) {
                EXPECT_GT((*guard)->tokens[place], 0);
            }
        },
        [&](int kind) {
            if (kind == 0) ring.write().bump();
            if (kind == 1) (void)ring.try_read();
            if (kind == 2) ring.write().unlock_fair();
            if (kind == 3) (void)ring.try_write_for(50us);
            if (kind == 4) (void)ring.upgradable_read().try_upgrade_for(50us);
        });
    expect_all_tokens(ring.get_mut());
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

TYPED_TEST(AwaitRwLockStressTest, waits_without_a_limit_end_when_the_data_goes_on) {
    const int last = test::kThreadSanitizer || PARKING_LOT_USE_STD ? 60 : 600;
    BasicRwLock<typename TypeParam::RawType, int> clock{0};
    run_together(6, [&](std::size_t thread) {
        for (int time = 1; time <= last; ++time) {
            const auto is_late = [time](int now) { return now >= time; };
            if (thread < 2) {  // these make it go on, in turns
                if (time % 2 != static_cast<int>(thread)) continue;
                auto guard = clock.write_when([time](int now) { return now == time - 1; });
                *guard = time;
            } else if (thread < 4) {
                const auto guard = clock.read_when(is_late);
                EXPECT_GE(*guard, time);
            } else {
                const auto guard = clock.upgradable_read_when(is_late);
                EXPECT_GE(*guard, time);
            }
        }
    });
}

}  // namespace
}  // namespace parking_lot
