// SPDX-License-Identifier: MIT
// Checked builds report lock-order inversions before they deadlock, and no more than those.
#include "parking_lot/detail/lock_watch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "parking_lot/metered.hpp"
#include "parking_lot/parking_lot.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/environment.hpp"
#include "support/lock_ways.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

static_assert(PARKING_LOT_CHECKED);

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::Exclusive, test::one_by_one, test::Shared, test::Upgradable, test::Way, test::Ways;

const std::string kInversion = "parking_lot: lock-order inversion .parking_lot::Raw";

class LockWatchDeathTest : public ::testing::Test {
  protected:
    LockWatchDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
    void SetUp() override { SKIP_WITHOUT_EXECUTING(); }
};

// What is reported. What is not is run as it is: a report would abort the test.

template <class Way>
class LockWatchOfEachDeathTest : public test::TwoLocks<LockWatchDeathTest, Way> {};
TYPED_TEST_SUITE(LockWatchOfEachDeathTest, Ways);

TYPED_TEST(LockWatchOfEachDeathTest, inversion_is_reported) {
    EXPECT_DEATH(one_by_one([this]() { this->first_then_second(); },
                            [this]() { this->second_then_first(); }),
                 kInversion);
}

TYPED_TEST(LockWatchOfEachDeathTest, what_was_tried_for_is_held) {
    EXPECT_DEATH(one_by_one([this]() { this->first_then_second(); },
                            [this]() {
                                if (!TypeParam::Mode::try_lock(this->second_)) std::_Exit(0);
                                TypeParam::Mode::lock(this->first_);
                            }),
                 kInversion);
}

TYPED_TEST(LockWatchOfEachDeathTest, it_is_reported_before_the_thread_waits) {
    using Mode = typename TypeParam::Mode;
    EXPECT_DEATH(
        {
            this->first_then_second();
            this->first_.lock();
            std::thread{[this]() {
                Mode::lock(this->second_);
                Mode::lock(this->first_);  // for ever
            }}.join();
        },
        kInversion);
}

TYPED_TEST(LockWatchOfEachDeathTest, the_same_order_is_not_reported) {
    for (int i = 0; i < 3; ++i) one_by_one([this]() { this->first_then_second(); });
}

TYPED_TEST(LockWatchOfEachDeathTest, who_gives_up_may_lock_in_another_order) {
    using Mode = typename TypeParam::Mode;
    one_by_one([this]() { this->first_then_second(); },
               [this]() {
                   this->second_then_first_by([](auto& raw) { return Mode::try_lock(raw); });
                   this->second_then_first_by(
                       [](auto& raw) { return Mode::try_lock_until(raw, Deadline::after(1ms)); });
#if PARKING_LOT_HAS_STOP_TOKEN
                   this->second_then_first_by(
                       [](auto& raw) { return Mode::lock(raw, std::stop_source{}.get_token()); });
#endif
               });
}

TYPED_TEST(LockWatchOfEachDeathTest, a_new_lock_in_the_place_of_an_old_one_is_another) {
    std::optional<typename TypeParam::Raw> place;
    place.emplace();
    TypeParam::lock_in_order(*place, this->first_);
    place.emplace();
    TypeParam::lock_in_order(this->first_, *place);
}

TYPED_TEST(LockWatchOfEachDeathTest, locks_beyond_those_that_can_be_followed) {
    using Mode = typename TypeParam::Mode;
    std::vector<typename TypeParam::Raw> locks(100);
    for (int round = 0; round < 2; ++round) {
        for (auto& lock : locks) Mode::lock(lock);
        for (auto& lock : locks) Mode::unlock(lock);
    }
}

template <class Way>
using GivenAwayTest = LockWatchOfEachDeathTest<Way>;
using WaysThatMove = ::testing::Types<Way<RawMutex, Exclusive>, Way<RawRwLock, Exclusive>,
                                      Way<RawRwLock, Shared>, Way<RawRwLock, Upgradable>>;
TYPED_TEST_SUITE(GivenAwayTest, WaysThatMove);

TYPED_TEST(GivenAwayTest, a_lock_that_another_thread_unlocks_is_not_held_any_more) {
    using Mode = typename TypeParam::Mode;
    for (int i = 0; i < 100; ++i) {
        Mode::lock(this->first_);
        one_by_one([this]() { Mode::unlock(this->first_); });
    }
    Mode::lock(this->second_);
    Mode::unlock(this->second_);
    one_by_one([this]() { this->second_then_first(); });
}

TYPED_TEST(GivenAwayTest, and_may_be_destroyed) {
    using Mode = typename TypeParam::Mode;
    auto gone = std::make_unique<typename TypeParam::Raw>();
    Mode::lock(*gone);
    one_by_one([&]() {
        Mode::unlock(*gone);
        gone.reset();
    });
    this->first_then_second();
}

// Chains, names and the like.

TEST_F(LockWatchDeathTest, a_circle_of_three) {
    std::array<Mutex<int>, 3> locks;
    const auto lock_two = [&](std::size_t outer, std::size_t inner) {
        const auto first = locks[outer].lock();
        const auto second = locks[inner].lock();
    };
    lock_two(0, 1);
    lock_two(1, 2);
    lock_two(0, 2);
    EXPECT_DEATH(one_by_one([&]() { lock_two(2, 0); }), kInversion + ".*Before, .*");
    std::array<Mutex<int>, 3> others;
    EXPECT_DEATH(one_by_one(
                     [&]() {
                         const auto first = others[0].lock();
                         const auto second = others[1].lock();
                     },
                     [&]() {
                         const auto first = others[1].lock();
                         const auto second = others[2].lock();
                     },
                     [&]() {
                         const auto first = others[2].lock();
                         const auto second = others[0].lock();
                     }),
                 kInversion + ".*Before, .*And thread .* locked ");
}

TEST_F(LockWatchDeathTest, the_report_tells_both_orders_and_where_the_locks_were_made) {
    Mutex<int> account{5};
    RwLock<int> table{std::in_place, 6};
    const std::string made = "made at .*lock_watch_test.cpp:[0-9]+";
    EXPECT_DEATH(one_by_one(
                     [&]() {
                         const auto first = account.lock();
                         const auto second = table.read();
                     },
                     [&]() {
                         const auto first = table.write();
                         const auto second = account.lock();
                     }),
                 "RawMutex at 0x[0-9a-f]+ .*" + made +
                     ".*Now, thread .* locks parking_lot::RawMutex at 0x.*while it held "
                     "parking_lot::RawRwLock at 0x.*" +
                     made +
                     ".*Before, thread .* locked parking_lot::RawRwLock at .*while it held "
                     "parking_lot::RawMutex at 0x");
}

TEST_F(LockWatchDeathTest, locks_of_one_name_are_one_to_all_others) {
    Mutex<int> log;
    EXPECT_DEATH(
        {
            metered::Mutex<int> one{"shard"};
            metered::Mutex<int> other{"shard"};
            {
                const auto outer = one.lock();
                const auto inner = log.lock();
            }
            const auto outer = log.lock();
            const auto inner = other.lock();
        },
        "lock-order inversion .*named .shard.");
}

TEST_F(LockWatchDeathTest, and_have_no_order_between_them_but_as_objects) {
    metered::Mutex<int> first{"account"};
    metered::Mutex<int> second{"account"};
    metered::Mutex<int> third{"account"};
    const auto lock_two = [](auto& outer, auto& inner) {
        const auto one = outer.lock();
        const auto two = inner.lock();
    };
    lock_two(first, second);
    lock_two(second, third);
    lock_two(first, third);
    EXPECT_DEATH(lock_two(second, first), kInversion);
}

TEST_F(LockWatchDeathTest, locks_that_are_made_alike_are_different) {
    std::vector<Mutex<int>> stripes(4);
    Mutex<int> log;
    {
        const auto outer = stripes[0].lock();
        const auto inner = log.lock();
    }
    const auto outer = log.lock();
    const auto inner = stripes[1].lock();
}

TEST_F(LockWatchDeathTest, a_reentrant_lock_may_be_locked_again_below_another) {
    RawReentrantMutex reentrant;
    RawMutex mutex;
    const std::scoped_lock outer{reentrant};
    const std::scoped_lock middle{mutex};
    const std::scoped_lock inner{reentrant};
}

TEST_F(LockWatchDeathTest, a_recursive_read_makes_no_order) {
    RawReaderPreferringRwLock rwlock;
    RawMutex mutex;
    rwlock.lock_shared();
    mutex.lock();
    rwlock.lock_shared();
    rwlock.unlock_shared();
    mutex.unlock();
    EXPECT_DEATH(one_by_one([&]() {
                     const std::scoped_lock outer{mutex};
                     const std::scoped_lock inner{rwlock};
                 }),
                 kInversion);
    rwlock.unlock_shared();
}

TEST_F(LockWatchDeathTest, changes_of_mode_make_no_order_but_what_they_lead_to_is_held) {
    RwLock<int> rwlock;
    Mutex<int> mutex;
    {
        auto writer = rwlock.write();
        const auto inner = mutex.lock();
        auto upgradable = std::move(writer).downgrade_to_upgradable();
        auto again = std::move(upgradable).upgrade();
        const auto reader = std::move(again).downgrade();
    }
    EXPECT_DEATH(
        {
            const auto outer = mutex.lock();
            const auto inner = rwlock.read();
        },
        kInversion);
}

TEST_F(LockWatchDeathTest, several_locks_at_once_in_any_order) {
    Mutex<int> first;
    RwLock<int> second;
    one_by_one([&]() { (void)lock_all(first, second.write_mode()); },
               [&]() { (void)lock_all(second.read_mode(), first); },
               [&]() { const std::scoped_lock both{first.raw(), second.raw()}; },
               [&]() { const std::scoped_lock both{second.raw(), first.raw()}; });
}

TEST_F(LockWatchDeathTest, several_locks_at_once_below_another) {
    Mutex<int> outer;
    std::array<Mutex<int>, 3> locks;
    const auto lock_below = [&]() {
        const auto guard = outer.lock();
        (void)lock_all(locks[0], locks[1], locks[2]);
        (void)lock_all(locks[2], locks[1], locks[0]);
    };
    lock_below();
    for (Mutex<int>& lock : locks) {
        EXPECT_DEATH(one_by_one([&]() {
                         const auto first = lock.lock();
                         const auto second = outer.lock();
                     }),
                     kInversion + "Mutex at 0x");
    }
    one_by_one(lock_below, [&]() {
        const auto first = locks[0].lock();
        (void)lock_all(locks[1], locks[2]);
    });
}

TEST_F(LockWatchDeathTest, and_in_modes) {
    Mutex<int> outer;
    RwLock<int> table;
    Mutex<int> log;
    ReaderPreferringRwLock<int> config;
    {
        const auto guard = outer.lock();
        (void)lock_all(log, table.read_mode(), config.read_mode());
    }
    EXPECT_DEATH(
        {
            const auto writer = table.write();
            const auto guard = outer.lock();
        },
        kInversion + "Mutex at 0x");
    const auto reader = config.read();
    const auto guard = outer.lock();
}

TEST_F(LockWatchDeathTest, several_locks_that_are_tried_make_no_order) {
    Mutex<int> outer;
    Mutex<int> first;
    Mutex<int> second;
    {
        const auto guard = outer.lock();
        EXPECT_TRUE(try_lock_all(first, second).has_value());
        EXPECT_TRUE(try_lock_all_for(1ms, first, second).has_value());
    }
    const auto both = lock_all(second, first);
    const auto guard = outer.lock();
}

TEST_F(LockWatchDeathTest, after_several_at_once_orders_are_made_again) {
    Mutex<int> first;
    Mutex<int> second;
    Mutex<int> third;
    {
        const auto both = lock_all(first, second);
        const auto inner = third.lock();
    }
    for (Mutex<int>* const outer : {&first, &second}) {
        EXPECT_DEATH(
            {
                const auto guard = third.lock();
                const auto inner = outer->lock();
            },
            kInversion);
    }
}

TEST_F(LockWatchDeathTest, and_have_none_among_them_when_an_outer_one_is_given_away_meanwhile) {
    Mutex<int> given;
    Mutex<int> outer;
    Mutex<int> first;
    Mutex<int> second;
    std::optional to_give{given.lock()};
    const auto kept = outer.lock();
    test::Meeting second_is_locked{2};
    std::thread other{[&]() {
        auto busy = second.lock();
        second_is_locked.arrive_and_wait();
        test::wait_for_parked(&second.raw(), 1);
        to_give.reset();
    }};
    second_is_locked.arrive_and_wait();
    (void)lock_all(first, second);
    other.join();
    one_by_one([&]() {
        const auto guard = first.lock();
        const auto inner = second.lock();
    });
}

TEST_F(LockWatchDeathTest, a_condvar_locks_again_below_what_is_held_meanwhile) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    EXPECT_DEATH(
        {
            auto guard = first.lock();
            const auto held_meanwhile = second.lock();
            condvar.wait(guard);  // says so before it waits
        },
        kInversion);
}

TEST_F(LockWatchDeathTest, so_does_a_wait_for_a_condition) {
    Mutex<int> first;
    RwLock<int> table;
    EXPECT_DEATH(
        {
            auto guard = first.lock();
            const auto held_meanwhile = table.read();
            guard.await([](int value) { return value == 1; });
        },
        kInversion);
    EXPECT_DEATH(
        {
            auto guard = table.upgradable_read();
            const auto held_meanwhile = first.lock();
            guard.await([](int value) { return value == 1; });
        },
        kInversion);
}

TEST_F(LockWatchDeathTest, who_waits_does_not_hold_the_lock) {
    Mutex<int> first;
    Mutex<int> second;
    Condvar condvar;
    std::thread waiter{[&]() {
        auto guard = first.lock();
        condvar.wait(guard, [&]() { return *guard >= 1; });
        guard.await([](int value) { return value == 2; });
    }};
    for (int value = 1; value <= 2; ++value) {
        const auto outer = second.lock();
        first.with_lock([&](int& it) { it = value; });
        condvar.notify_one();
    }
    waiter.join();
}

TEST_F(LockWatchDeathTest, the_environment_makes_reports_harmless_and_shown_once) {
    Mutex<int> first;
    Mutex<int> second;
    const test::EnvironmentVariable order{"PARKING_LOT_LOCK_ORDER", "report"};
    EXPECT_EXIT(
        {
            for (int i = 0; i < 3; ++i) {
                {
                    const auto outer = first.lock();
                    const auto inner = second.lock();
                }
                const auto outer = second.lock();
                const auto inner = first.lock();
            }
            std::_Exit(7);
        },
        ::testing::ExitedWithCode(7), "^parking_lot: lock-order inversion.*$");
}

#if __has_include(<unistd.h>)
TEST_F(LockWatchDeathTest, a_forked_child_knows_what_it_holds_and_what_it_learned) {
    Mutex<int> first;
    Mutex<int> second;
    {
        const auto outer = first.lock();
        const auto inner = second.lock();
    }
    auto held = first.lock();
    EXPECT_EQ(test::run_in_child([&]() {
                  Mutex<int> third;
                  {
                      const auto inner = third.lock();
                  }
                  held.unlock();
                  const auto outer = third.lock();
                  return 0;
              }),
              0);
}
#endif

// The destruction of locks that are in use.

TEST_F(LockWatchDeathTest, destruction_of_a_locked_lock) {
    EXPECT_DEATH(
        {
            const auto mutex = std::make_unique<Mutex<int>>();
            (void)mutex->lock().leak();
        },
        "parking_lot: destruction of a locked lock .parking_lot::RawMutex at 0x");
    EXPECT_DEATH(
        {
            const auto rwlock = std::make_unique<RwLock<int>>();
            (void)rwlock->read().leak();
        },
        "parking_lot: destruction of a locked lock .parking_lot::RawRwLock at 0x");
}

TEST_F(LockWatchDeathTest, destruction_of_what_threads_wait_for) {
    EXPECT_DEATH(
        {
            Mutex<int> mutex;
            auto condvar = std::make_unique<Condvar>();
            std::thread{[&]() {
                auto guard = mutex.lock();
                condvar->wait(guard);
            }}.detach();
            test::wait_until(
                [&]() { return detail::is_parked_at({condvar.get(), detail::Kind::Condvar}); });
            condvar.reset();
        },
        "parking_lot: destruction of a condition variable that threads wait for");
    EXPECT_DEATH(
        {
            auto mutex = std::make_unique<Mutex<int>>();
            std::thread{[&]() {
                (void)mutex->lock_when([](int value) { return value == 1; });
            }}.detach();
            test::wait_until(
                [&]() { return detail::is_parked_at({&mutex->raw(), detail::Kind::Condition}); });
            mutex.reset();
        },
        "parking_lot: destruction of a lock that threads wait for");
}

constinit Mutex<int> locked_at_the_end;

TEST_F(LockWatchDeathTest, a_lock_of_static_storage_may_be_locked_at_the_end) {
    EXPECT_EXIT(
        {
            (void)locked_at_the_end.lock().leak();
            std::exit(0);
        },
        ::testing::ExitedWithCode(0), "^$");
}

/// Initialized when the program starts, unlike locked_at_the_end.
struct Jobs {
    Mutex<std::deque<int>> queue{std::deque<int>(3)};
    RwLock<std::deque<int>> table{std::deque<int>(3)};
    Condvar added;
} jobs;

TEST_F(LockWatchDeathTest, a_thread_may_wait_for_those_of_static_storage_at_the_end) {
    EXPECT_EXIT(
        {
            std::thread{[]() {
                const auto reader = jobs.table.read();
                auto guard = jobs.queue.lock();
                for (;;) jobs.added.wait(guard);
            }}.detach();
            test::wait_until(
                []() { return detail::is_parked_at({&jobs.added, detail::Kind::Condvar}); });
            (void)jobs.queue.lock().leak();
            std::exit(0);
        },
        ::testing::ExitedWithCode(0), "^$");
}

TEST_F(LockWatchDeathTest, a_forked_child_may_destroy_what_other_threads_wait_for) {
    SKIP_WITHOUT_FORK();
    auto added = std::make_unique<Condvar>();
    Mutex<bool> is_over{false};
    std::thread waiter{[&]() {
        auto guard = is_over.lock();
        while (!*guard) added->wait(guard);
    }};
    test::wait_until([&]() { return detail::is_parked_at({added.get(), detail::Kind::Condvar}); });
    EXPECT_EQ(test::run_in_child([&]() {
                  added.reset();
                  return 0;
              }),
              0);
    is_over.with_lock([](bool& over) { over = true; });
    added->notify_all();
    waiter.join();
}

TEST_F(LockWatchDeathTest, who_gave_its_guard_away_may_read_again) {
    RwLock<int> table;
    std::optional reader{table.read()};
    std::thread{[&]() {
        reader.reset();
        reader.emplace(table.read());
    }}.join();
    const auto again = table.read();
    EXPECT_EQ(*again, 0);
}

TEST_F(LockWatchDeathTest, reads_that_pass_writers_make_no_order) {
    RawReaderPreferringRwLock first;
    RawReaderPreferringRwLock second;
    const auto read_both = [](auto& outer, auto& inner) {
        const std::shared_lock one{outer};
        const std::shared_lock two{inner};
    };
    read_both(first, second);
    read_both(second, first);
    EXPECT_DEATH(
        {
            first.lock_shared();
            second.lock();
            second.unlock();
            first.unlock_shared();
            second.lock_shared();
            first.lock();
        },
        kInversion);
}

// Onces: who runs the function holds the once.

class OnceWatchDeathTest : public LockWatchDeathTest {
  protected:
    struct Failure {};

    /// Calls `once` with a function that does `work()` and then fails.
    template <class Work>
    static void fail(Once& once, Work&& work) {
        EXPECT_THROW(once.call_once([&]() {
            work();
            throw Failure{};
        }),
                     Failure);
    }
    static void fail(Once& once) {
        fail(once, []() {});
    }
    static void lock(Mutex<int>& mutex) { (void)mutex.lock(); }

    Once once_;
    Once other_;
    Mutex<int> mutex_;
};

TEST_F(OnceWatchDeathTest, functions_that_need_each_other) {
    EXPECT_DEATH(one_by_one([&]() { fail(once_, [&]() { fail(other_); }); },
                            [&]() { other_.call_once([&]() { once_.call_once([]() {}); }); }),
                 "parking_lot: lock-order inversion .parking_lot::Once at 0x[0-9a-f]+ .made at "
                 ".*lock_watch_test.cpp:[0-9]+");
}

TEST_F(OnceWatchDeathTest, a_function_that_locks_what_its_caller_may_hold) {
    const auto call_with_lock = [&]() {
        const auto guard = mutex_.lock();
        fail(once_);
    };
    EXPECT_DEATH(one_by_one([&]() { fail(once_, [&]() { lock(mutex_); }); }, call_with_lock),
                 "parking_lot: lock-order inversion .parking_lot::Once at 0x");
    EXPECT_DEATH(one_by_one(call_with_lock, [&]() { once_.call_once([&]() { lock(mutex_); }); }),
                 kInversion + "Mutex at 0x");
}

TEST_F(OnceWatchDeathTest, it_is_reported_before_the_function_waits_for_one_that_waits_for_it) {
    EXPECT_DEATH(
        {
            std::thread caller;
            once_.call_once([&]() {
                caller = std::thread{[&]() {
                    const auto guard = mutex_.lock();
                    once_.call_once([]() {});
                }};
                test::wait_for_parked(&once_, 1);
                lock(mutex_);
            });
        },
        kInversion + "Mutex at 0x");
}

TEST_F(OnceWatchDeathTest, and_before_a_caller_waits_for_one_that_waits_for_its_lock) {
    EXPECT_DEATH(
        {
            const auto guard = mutex_.lock();
            std::thread{[&]() { once_.call_once([&]() { lock(mutex_); }); }}.detach();
            test::wait_for_parked(&mutex_.raw(), 1);
            once_.wait();
        },
        "parking_lot: lock-order inversion .parking_lot::Once at 0x");
}

TEST_F(OnceWatchDeathTest, so_are_cells_and_lazy_values) {
    OnceCell<int> cell;
    Lazy<int, std::function<int()>> lazy{[&]() { return cell.get_or_init([]() { return 1; }); }};
    EXPECT_DEATH(
        {
            (void)cell.get_or_init([&]() {
                std::thread{[&]() { lazy.force(); }}.detach();
                test::wait_for_parked(&cell, 1);
                return *lazy;
            });
        },
        "lock-order inversion .parking_lot::Once .*made at .*lock_watch_test.cpp:.*"
        "lock_watch_test.cpp:");
}

TEST_F(OnceWatchDeathTest, whose_function_fails_does_not_hold_it_any_more) {
    fail(once_);
    lock(mutex_);
    const auto guard = mutex_.lock();
    fail(once_);
}

TEST_F(OnceWatchDeathTest, a_reset_begins_anew) {
    DefaultRawOnce once;
    {
        const auto guard = mutex_.lock();
        EXPECT_TRUE(once.begin());
        once.abandon();  // and the order stays
    }
    once.reset();
    EXPECT_TRUE(once.begin());
    lock(mutex_);
    once.complete();
}

TEST_F(OnceWatchDeathTest, those_that_were_made_done_tell_where) {
    const std::string here = "parking_lot::Once at .*made at .*lock_watch_test.cpp:.*Before, ";
    Once once = Once::completed();
    once.reset();
    EXPECT_DEATH(one_by_one([&]() { fail(once, [&]() { lock(mutex_); }); },
                            [&]() {
                                const auto guard = mutex_.lock();
                                once.call_once([]() {});
                            }),
                 here);
    OnceCell<int> cell{1};
    (void)cell.take();
    const auto throws_with_lock = [&]() -> int {
        lock(mutex_);
        throw 1;
    };
    EXPECT_DEATH(one_by_one([&]() { EXPECT_THROW((void)cell.get_or_init(throws_with_lock), int); },
                            [&]() {
                                const auto guard = mutex_.lock();
                                (void)cell.get_or_init([]() { return 1; });
                            }),
                 here);
}

TEST_F(OnceWatchDeathTest, who_only_tries_to_call_it_makes_no_order_but_holds_it) {
    {
        const auto guard = mutex_.lock();
        EXPECT_TRUE(once_.try_call_once([]() {}));
    }
    EXPECT_TRUE(other_.try_call_once([&]() { lock(mutex_); }));
    const auto fail_by_try = [](Once& once, auto work) {
        EXPECT_THROW((void)once.try_call_once([&]() {
            work();
            throw Failure{};
        }),
                     Failure);
    };
    Once third;
    {
        const auto guard = mutex_.lock();
        fail_by_try(third, []() {});
    }
    fail_by_try(third, [&]() { lock(mutex_); });
    EXPECT_DEATH(
        {
            const auto guard = mutex_.lock();
            third.call_once([]() {});
        },
        "lock-order inversion .parking_lot::Once at 0x");
}

TEST_F(OnceWatchDeathTest, one_that_is_done_makes_no_order_and_is_forgotten) {
    fail(once_, [&]() { lock(mutex_); });
    once_.call_once([&]() { lock(mutex_); });
    const auto guard = mutex_.lock();
    once_.call_once([]() {});
    once_.wait();
    once_.reset();
    once_.call_once([]() {});
}

TEST(LockLedgerTest, is_all_zeros_at_first) {
    const auto size = sizeof(detail::LockLedger);
    const std::unique_ptr<void, void (*)(void*)> memory{std::calloc(1, size), &std::free};
    ASSERT_NE(memory, nullptr);
    const auto* const ledger = new (memory.get()) detail::LockLedger{};
    const auto* const bytes = reinterpret_cast<const unsigned char*>(ledger);
    EXPECT_TRUE(std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; }));
}

}  // namespace
}  // namespace parking_lot
