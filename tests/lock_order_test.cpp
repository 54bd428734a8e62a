// SPDX-License-Identifier: MIT
// ThreadSanitizer reports lock-order inversions of these locks, and no more than those. Each case
// is a process of its own, which ThreadSanitizer ends with its exit code if it reports anything.
#include "parking_lot/detail/lock_order.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"
#include "support/lock_ways.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

#if !PARKING_LOT_TSAN
#error "compile with ThreadSanitizer"
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::Exclusive, test::one_by_one, test::Shared, test::Upgradable, test::Way, test::Ways;
using ::testing::ExitedWithCode;

class LockOrderDeathTest : public ::testing::Test {
  protected:
    LockOrderDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

    template <class Program>
    static void expect_inversion(Program&& program) {
        EXPECT_EXIT((program(), std::exit(0)), ExitedWithCode(66), "lock-order-inversion");
    }

    template <class Program>
    static void expect_silence(Program&& program) {
        EXPECT_EXIT((program(), std::exit(0)), ExitedWithCode(0), "^$");
    }
};

template <class Way>
class LockOrderOfEachDeathTest : public test::TwoLocks<LockOrderDeathTest, Way> {};
TYPED_TEST_SUITE(LockOrderOfEachDeathTest, Ways);

TYPED_TEST(LockOrderOfEachDeathTest, inversion_is_reported) {
    this->expect_inversion([this]() {
        one_by_one([this]() { this->first_then_second(); },
                   [this]() { this->second_then_first(); });
    });
}

TYPED_TEST(LockOrderOfEachDeathTest, the_same_order_is_not_reported) {
    this->expect_silence([this]() {
        one_by_one([this]() { this->first_then_second(); },
                   [this]() { this->first_then_second(); });
    });
}

TYPED_TEST(LockOrderOfEachDeathTest, who_gives_up_may_lock_in_another_order) {
    using Mode = typename TypeParam::Mode;
    this->expect_silence([this]() {
        one_by_one([this]() { this->first_then_second(); },
                   [this]() {
                       this->second_then_first_by([](auto& raw) { return Mode::try_lock(raw); });
                       this->second_then_first_by([](auto& raw) {
                           return Mode::try_lock_until(raw, Deadline::after(1ms));
                       });
#if PARKING_LOT_HAS_STOP_TOKEN
                       this->second_then_first_by([](auto& raw) {
                           return Mode::lock(raw, std::stop_source{}.get_token());
                       });
#endif
                   });
    });
}

TYPED_TEST(LockOrderOfEachDeathTest, what_was_tried_for_is_held) {
    using Mode = typename TypeParam::Mode;
    this->expect_inversion([this]() {
        one_by_one([this]() { this->first_then_second(); },
                   [this]() {
                       if (!Mode::try_lock(this->second_)) std::abort();
                       Mode::lock(this->first_);
                   });
    });
}

TYPED_TEST(LockOrderOfEachDeathTest, what_was_waited_for_is_held) {
    this->expect_inversion([this]() {
        one_by_one([this]() { this->first_then_second(); });
        this->second_.lock();
        std::thread waiter{[this]() { this->second_then_first(); }};
        std::this_thread::sleep_for(1ms);
        Exclusive::unlock_fair(this->second_);
        waiter.join();
    });
}

TYPED_TEST(LockOrderOfEachDeathTest,
           a_deadlock_that_was_to_be_foreseen_is_reported_when_it_happens) {
    using Mode = typename TypeParam::Mode;
    const char* const options = std::getenv("TSAN_OPTIONS");
    const std::string before = options != nullptr ? options : "";
    ::setenv("TSAN_OPTIONS", (before + ":halt_on_error=1").c_str(), 1);
    this->expect_inversion([this]() {
        one_by_one([this]() { this->first_then_second(); });
        this->first_.lock();
        std::thread{[this]() {
            Mode::lock(this->second_);
            Mode::lock(this->first_);  // for ever
        }}.join();
    });
    ::setenv("TSAN_OPTIONS", before.c_str(), 1);
}

TYPED_TEST(LockOrderOfEachDeathTest, a_new_lock_in_the_place_of_an_old_one_is_another) {
    using Raw = typename TypeParam::Raw;
    this->expect_silence([this]() {
        std::optional<Raw> place;
        one_by_one(
            [&]() {
                place.emplace();
                TypeParam::lock_in_order(*place, this->first_);
            },
            [&]() {
                place.emplace();
                TypeParam::lock_in_order(this->first_, *place);
            });
    });
}

TYPED_TEST(LockOrderOfEachDeathTest, more_locks_than_can_be_followed) {
    using Raw = typename TypeParam::Raw;
    using Mode = typename TypeParam::Mode;
    this->expect_silence([]() {
        std::vector<Raw> locks(100);
        for (int round = 0; round < 2; ++round) {
            for (Raw& lock : locks) Mode::lock(lock);
            for (Raw& lock : locks) Mode::unlock(lock);
        }
    });
}

/// Guards of all locks but the reentrant ones may be unlocked by another thread.
using WaysThatMove = ::testing::Types<Way<RawMutex, Exclusive>, Way<RawRwLock, Exclusive>,
                                      Way<RawRwLock, Shared>, Way<RawRwLock, Upgradable>>;
template <class Way>
using GivenAwayDeathTest = LockOrderOfEachDeathTest<Way>;
TYPED_TEST_SUITE(GivenAwayDeathTest, WaysThatMove);

TYPED_TEST(GivenAwayDeathTest, a_lock_that_another_thread_unlocks_is_not_held_any_more) {
    using Mode = typename TypeParam::Mode;
    this->expect_silence([this]() {
        for (int i = 0; i < 100; ++i) {
            Mode::lock(this->first_);
            one_by_one([this]() { Mode::unlock(this->first_); });
        }
        Mode::lock(this->second_);
        Mode::unlock(this->second_);
        one_by_one([this]() { this->second_then_first(); });
    });
}

TYPED_TEST(GivenAwayDeathTest, and_can_be_locked_and_unlocked_as_before) {
    using Mode = typename TypeParam::Mode;
    this->expect_inversion([this]() {
        Mode::lock(this->first_);
        one_by_one([this]() { Mode::unlock(this->first_); });
        this->first_then_second();
        one_by_one([this]() { this->second_then_first(); });
    });
}

TYPED_TEST(GivenAwayDeathTest, a_hundred_of_them) {
    using Raw = typename TypeParam::Raw;
    using Mode = typename TypeParam::Mode;
    this->expect_silence([]() {
        std::vector<Raw> locks(100);
        for (int round = 0; round < 3; ++round) {
            for (Raw& lock : locks) Mode::lock(lock);
            one_by_one([&]() {
                for (Raw& lock : locks) Mode::unlock(lock);
            });
        }
    });
}

TEST_F(LockOrderDeathTest, different_locks_and_modes) {
    Mutex<int> mutex;
    RwLock<int> rwlock;
    expect_inversion([&]() {
        one_by_one(
            [&]() {
                const auto outer = mutex.lock();
                const auto inner = rwlock.read();
            },
            [&]() {
                const auto outer = rwlock.write();
                const auto inner = mutex.lock();
            });
    });
}

TEST_F(LockOrderDeathTest, changes_of_mode_make_no_order) {
    RwLock<int> rwlock;
    Mutex<int> mutex;
    expect_silence([&]() {
        auto writer = rwlock.write();
        const auto inner = mutex.lock();
        auto upgradable = std::move(writer).downgrade_to_upgradable();
        auto again = std::move(upgradable).upgrade();
        const auto reader = std::move(again).downgrade();
    });
}

TEST_F(LockOrderDeathTest, a_changed_mode_is_held) {
    RwLock<int> rwlock;
    Mutex<int> mutex;
    expect_inversion([&]() {
        one_by_one(
            [&]() {
                auto reader = rwlock.write().downgrade_to_upgradable().upgrade().downgrade();
                const auto inner = mutex.lock();
            },
            [&]() {
                const auto outer = mutex.lock();
                const auto inner = rwlock.write();
            });
    });
}

TEST_F(LockOrderDeathTest, one_of_two_reads_is_still_a_read) {
    RawReaderPreferringRwLock rwlock;
    RawMutex mutex;
    expect_inversion([&]() {
        one_by_one(
            [&]() {
                rwlock.lock_shared();
                rwlock.lock_shared();
                rwlock.unlock_shared();
                const std::scoped_lock inner{mutex};
                rwlock.unlock_shared();
            },
            [&]() {
                const std::scoped_lock outer{mutex};
                const std::scoped_lock inner{rwlock};
            });
    });
}

TEST_F(LockOrderDeathTest, a_reentrant_lock_may_be_locked_again_below_another) {
    RawReentrantMutex reentrant;
    RawMutex mutex;
    expect_silence([&]() {
        const std::scoped_lock outer{reentrant};
        const std::scoped_lock middle{mutex};
        const std::scoped_lock inner{reentrant};
    });
}

TEST_F(LockOrderDeathTest, several_locks_at_once_in_any_order) {
    Mutex<int> first;
    RwLock<int> second;
    expect_silence([&]() {
        one_by_one([&]() { (void)lock_all(first, second.write_mode()); },
                   [&]() { (void)lock_all(second.read_mode(), first); },
                   [&]() { const std::scoped_lock both{first.raw(), second.raw()}; },
                   [&]() { const std::scoped_lock both{second.raw(), first.raw()}; });
    });
}

TEST_F(LockOrderDeathTest, a_condvar_locks_again_below_what_is_held_meanwhile) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    expect_inversion([&]() {
        auto guard = first.lock();
        const auto held_meanwhile = second.lock();
        (void)condvar.wait_for(guard, 1ms);
    });
    expect_inversion([&]() {
        auto guard = first.lock();
        const auto held_meanwhile = second.lock();
        std::thread notifier{[&]() { test::wait_until([&]() { return condvar.notify_one(); }); }};
        condvar.wait(guard);
        notifier.join();
    });
}

TEST_F(LockOrderDeathTest, a_condvar_that_waits_does_not_hold_its_lock) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    expect_silence([&]() {
        std::thread waiter{[&]() {
            auto guard = first.lock();
            condvar.wait(guard, [&]() { return *guard == 1; });
        }};
        one_by_one([&]() {
            const auto outer = second.lock();
            first.with_lock([](int& value) { value = 1; });
            condvar.notify_one();
        });
        waiter.join();
    });
}

}  // namespace
}  // namespace parking_lot
