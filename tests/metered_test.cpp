// SPDX-License-Identifier: MIT
// What metered locks count, one event at a time.
#include "parking_lot/metered.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vector>

#include "parking_lot/condvar.hpp"
#include "parking_lot/lock_all.hpp"
#include "parking_lot/lock_owned.hpp"
#include "support/series.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::test {
namespace {

using metered::Options;
using metrics::Mode;
using std::chrono::milliseconds;

constexpr auto kSoon = milliseconds{2};
constexpr bool kHandsOver = PARKING_LOT_USE_STD == 0;

/// Locks `lock` in another thread while this one holds it; then this one calls `release()`.
template <class Lock, class Release>
void contend(Lock& lock, const std::string& name, Release&& release) {
    Threads threads;
    threads.start([&]() { (void)lock.lock(); });
    wait_for_metered_waiters(name, 1);
    if constexpr (kHandsOver) wait_for_parked(&lock.raw(), 1);
    release();
}

// Construction.

static_assert(!std::default_initializable<metered::Mutex<int>>, "a name cannot be forgotten");
static_assert(!std::default_initializable<metered::ReentrantMutex<int>>);
static_assert(!std::default_initializable<metered::RwLock<int>>);
static_assert(!std::constructible_from<metered::Mutex<int>, int>);
static_assert(!std::constructible_from<Mutex<int>, const char*>, "plain locks have no name");
static_assert(!std::constructible_from<Mutex<int>, const char*, int>);
static_assert(!std::copy_constructible<metered::Mutex<int>>);

TEST(MeteredTest, the_name_comes_before_the_plain_arguments) {
    metered::Mutex<int> zero{"metered: made"};
    metered::Mutex<std::vector<int>> list{"metered: made", {1, 2}};
    metered::Mutex<std::string> in_place{std::string{"metered: made"}, std::in_place, 3u, 'x'};
    metered::RwLock<int> options{Options{.name = "metered: made", .labels = {{"a", "b"}}}, 42};
    metered::ReentrantMutex<int> reentrant{std::string_view{"metered: made"}, 7};
    metered::FairMutex<std::string> fair{"metered: made", "text"};
    EXPECT_EQ(*zero.data_ptr(), 0);
    EXPECT_EQ(list.data_ptr()->size(), 2u);
    EXPECT_EQ(*in_place.data_ptr(), "xxx");
    EXPECT_EQ(*options.data_ptr(), 42);
    EXPECT_EQ(*reentrant.data_ptr(), 7);
    EXPECT_EQ(*fair.data_ptr(), "text");
    EXPECT_EQ(series_of("metered: made").locks, 5u);
    EXPECT_EQ(series_of("metered: made", Mode::Read, {{"a", "b"}}).locks, 1u);
}

TEST(MeteredTest, standard_guards_take_the_raw_locks) {
    metered::RawMutex mutex{"metered: raw"};
    metered::RawRwLock rwlock{"metered: raw"};
    {
        const std::scoped_lock both{mutex, rwlock};
    }
    std::unique_lock timed{mutex, milliseconds{1}};
    EXPECT_TRUE(timed.owns_lock());
    const std::shared_lock reader{rwlock};
    EXPECT_EQ(series_of("metered: raw").acquisitions, 2u);
    EXPECT_EQ(series_of("metered: raw", Mode::Write).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: raw", Mode::Read).acquisitions, 1u);
}

// Mutexes.

TEST(MeteredTest, every_way_to_get_the_lock_is_an_acquisition) {
    metered::Mutex<int> mutex{"metered: ways"};
    (void)mutex.lock();
    (void)std::as_const(mutex).lock();
    mutex.with_lock([](int& data) { ++data; });
    EXPECT_TRUE(mutex.try_lock());
    EXPECT_TRUE(mutex.try_lock_for(kSoon));
    EXPECT_TRUE(mutex.try_lock_until(std::chrono::system_clock::now() + kSoon));
    mutex.lock().unlocked([]() {});  // twice
    const auto series = series_of("metered: ways");
    EXPECT_EQ(series.acquisitions, 8u);
    EXPECT_EQ(series.contended, 0u);
    EXPECT_EQ(series.timeouts, 0u);
    EXPECT_EQ(series.wait.count(), 0u);
    EXPECT_EQ(series.longest_wait, 0);
}

TEST(MeteredTest, a_failed_attempt_that_does_not_wait_counts_as_nothing) {
    metered::Mutex<int> mutex{"metered: failed"};
    const auto guard = mutex.lock();
    run_together(1, [&](std::size_t) {
        EXPECT_FALSE(mutex.try_lock());
        EXPECT_FALSE(mutex.try_lock_for(milliseconds{0}));
        EXPECT_FALSE(mutex.try_lock_until(std::chrono::steady_clock::time_point::min()));
    });
    const auto series = series_of("metered: failed");
    EXPECT_EQ(series.acquisitions, 1u);
    EXPECT_EQ(series.timeouts, 0u);
}

TEST(MeteredTest, a_thread_that_waits_is_a_waiter_and_then_a_contended_acquisition) {
    metered::Mutex<int> mutex{"metered: contended"};
    auto guard = mutex.lock();
    contend(mutex, "metered: contended", [&]() {
        const auto series = series_of("metered: contended");
        EXPECT_EQ(series.waiters, 1u);
        EXPECT_EQ(series.contended, 0u);
        EXPECT_EQ(series.acquisitions, 1u);
        guard.unlock();
    });
    const auto series = series_of("metered: contended");
    EXPECT_EQ(series.waiters, 0u);
    EXPECT_EQ(series.contended, 1u);
    EXPECT_EQ(series.acquisitions, 2u);
    EXPECT_EQ(series.wait.count(), 1u);
    EXPECT_GT(series.wait.sum, 0);
    EXPECT_DOUBLE_EQ(series.longest_wait, series.wait.sum);
}

TEST(MeteredTest, a_wait_is_as_long_as_the_clock_says) {
    metered::Mutex<int> mutex{"metered: length"};
    const auto start = std::chrono::steady_clock::now();
    auto guard = mutex.lock();
    contend(mutex, "metered: length", [&]() {
        std::this_thread::sleep_for(milliseconds{20});
        guard.unlock();
    });
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const auto series = series_of("metered: length");
    EXPECT_GE(series.wait.sum, 0.02);
    EXPECT_LE(series.wait.sum, elapsed.count());
}

TEST(MeteredTest, a_wait_given_up_is_a_timeout) {
    metered::Mutex<int> mutex{"metered: timeout"};
    const auto guard = mutex.lock();
    run_together(1, [&](std::size_t) { EXPECT_FALSE(mutex.try_lock_for(kSoon)); });
    const auto series = series_of("metered: timeout");
    EXPECT_EQ(series.timeouts, 1u);
    EXPECT_EQ(series.acquisitions, 1u);
    EXPECT_EQ(series.contended, 0u);
    EXPECT_EQ(series.waiters, 0u);
    EXPECT_EQ(series.wait.count(), 1u);
    EXPECT_GT(series.longest_wait, 0);  // not what was asked for: it is counted from its own begin
    EXPECT_DOUBLE_EQ(series.longest_wait, series.wait.sum);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST(MeteredTest, a_wait_that_is_stopped_is_a_timeout) {
    metered::Mutex<int> mutex{"metered: stop"};
    std::stop_source stop;
    EXPECT_TRUE(mutex.lock(stop.get_token()));
    const auto guard = mutex.lock();
    Threads threads;
    threads.start([&]() { EXPECT_FALSE(mutex.lock(stop.get_token())); });
    wait_for_metered_waiters("metered: stop", 1);
    stop.request_stop();
    threads.join();
    run_together(1, [&](std::size_t) { EXPECT_FALSE(mutex.lock(stop.get_token())); });
    const auto series = series_of("metered: stop");
    EXPECT_EQ(series.acquisitions, 2u);
    EXPECT_EQ(series.timeouts, 1u) << "a request that came before counts as nothing";
    EXPECT_EQ(series.wait.count(), 1u);
}

TEST(MeteredTest, a_wait_with_a_stop_token_may_end_with_the_lock) {
    metered::Mutex<int> mutex{"metered: not stopped"};
    std::stop_source stop;
    auto guard = mutex.lock();
    Threads threads;
    threads.start([&]() { EXPECT_TRUE(mutex.lock(stop.get_token())); });
    wait_for_metered_waiters("metered: not stopped", 1);
    guard.unlock();
    threads.join();
    EXPECT_EQ(series_of("metered: not stopped").contended, 1u);
}
#endif

TEST(MeteredTest, an_unlock_in_favour_of_a_waiter_is_a_hand_off) {
    metered::Mutex<int> mutex{"metered: hand-off"};
    auto guard = mutex.lock();
    contend(mutex, "metered: hand-off", [&]() { guard.unlock_fair(); });
    const auto series = series_of("metered: hand-off");
    EXPECT_EQ(series.hand_offs, kHandsOver ? 1u : 0u);
    EXPECT_EQ(series.contended, 1u);
}

TEST(MeteredTest, a_fair_mutex_hands_over_at_every_contended_unlock) {
    metered::FairMutex<int> mutex{"metered: fair"};
    auto guard = mutex.lock();
    contend(mutex, "metered: fair", [&]() { guard.unlock(); });
    EXPECT_EQ(series_of("metered: fair").hand_offs, kHandsOver ? 1u : 0u);
    EXPECT_EQ(series_of("metered: fair").acquisitions, 2u);
}

TEST(MeteredTest, bump_locks_again_if_someone_waits) {
    metered::Mutex<int> mutex{"metered: bump"};
    auto guard = mutex.lock();
    if constexpr (kHandsOver) {
        guard.bump();
        EXPECT_EQ(series_of("metered: bump").acquisitions, 1u);
        contend(mutex, "metered: bump", [&]() { guard.bump(); });
        EXPECT_EQ(series_of("metered: bump").acquisitions, 3u);
        EXPECT_GE(series_of("metered: bump").hand_offs, 1u);  // it may be handed back
    } else {
        guard.bump();
        EXPECT_EQ(series_of("metered: bump").acquisitions, 2u);
    }
}

TEST(MeteredTest, bump_lets_one_go_on_whose_condition_holds) {
    if constexpr (!kHandsOver) GTEST_SKIP() << "waits for conditions poll";
    metered::Mutex<int> mutex{"metered: await"};
    Threads threads;
    threads.start([&]() {
        const auto guard = mutex.lock_when([](int value) { return value == 1; });
        *guard = 2;
    });
    wait_for_parked(&mutex.raw(), 1);
    auto guard = mutex.lock();
    *guard = 1;
    // It gives way to a thread in the queue of the lock, which may be slow to get there.
    while (*guard == 1) guard.bump();
    EXPECT_EQ(*guard, 2);
    guard.unlock();
    threads.join();
    EXPECT_GE(series_of("metered: await").acquisitions, 4u);  // two each
}

TEST(MeteredTest, of_a_reentrant_mutex_the_outermost_level_counts) {
    metered::ReentrantMutex<int> mutex{"metered: reentrant"};
    for (int i = 0; i < 3; ++i) {
        const auto outer = mutex.lock();
        const auto inner = mutex.lock();
        EXPECT_TRUE(mutex.try_lock());
        EXPECT_EQ(mutex.raw().depth(), 2u);
    }
    EXPECT_EQ(series_of("metered: reentrant").acquisitions, 3u);
}

// Series.

TEST(MeteredTest, locks_of_one_name_are_one_series) {
    metered::Mutex<int> one{"metered: one name"};
    metered::FairMutex<std::string> other{"metered: one name"};
    (void)one.lock();
    (void)other.lock();
    (void)other.lock();
    EXPECT_EQ(series_of("metered: one name").acquisitions, 3u);
    EXPECT_EQ(series_of("metered: one name").locks, 2u);
}

TEST(MeteredTest, other_labels_are_another_series) {
    metered::Mutex<int> plain{"metered: labels"};
    metered::Mutex<int> first{Options{.name = "metered: labels", .labels = {{"shard", "1"}}}};
    metered::Mutex<int> second{Options{.name = "metered: labels", .labels = {{"shard", "2"}}}};
    (void)second.lock();
    (void)second.lock();
    (void)first.lock();
    EXPECT_EQ(series_of("metered: labels").acquisitions, 0u);
    EXPECT_EQ(series_of("metered: labels", Mode::Exclusive, {{"shard", "1"}}).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: labels", Mode::Exclusive, {{"shard", "2"}}).acquisitions, 2u);
}

TEST(MeteredTest, a_lock_that_dies_leaves_its_totals_behind) {
    for (int i = 0; i < 3; ++i) {
        auto mutex = std::make_unique<metered::Mutex<int>>("metered: dead");
        auto guard = mutex->lock();
        contend(*mutex, "metered: dead", [&]() { guard.unlock(); });
        run_together(1, [&, held = mutex->lock()](std::size_t) {
            EXPECT_FALSE(mutex->try_lock_for(milliseconds{1}));
        });
    }
    const auto series = series_of("metered: dead");
    EXPECT_EQ(series.locks, 0u);
    EXPECT_EQ(series.acquisitions, 9u);
    EXPECT_EQ(series.contended, 3u);
    EXPECT_EQ(series.timeouts, 3u);
    EXPECT_EQ(series.wait.count(), 6u);
}

// RwLocks.

TEST(MeteredRwLockTest, each_mode_is_counted_for_itself) {
    metered::RwLock<int> lock{"metered: modes"};
    for (int i = 0; i < 3; ++i) (void)lock.read();
    for (int i = 0; i < 2; ++i) (void)lock.write();
    (void)lock.upgradable_read();
    EXPECT_TRUE(lock.try_read());
    EXPECT_TRUE(lock.try_write_for(kSoon));
    EXPECT_TRUE(lock.try_upgradable_read());
    EXPECT_EQ(series_of("metered: modes", Mode::Read).acquisitions, 4u);
    EXPECT_EQ(series_of("metered: modes", Mode::Write).acquisitions, 3u);
    EXPECT_EQ(series_of("metered: modes", Mode::Upgradable).acquisitions, 2u);
}

TEST(MeteredRwLockTest, waits_are_counted_in_the_mode_that_was_waited_for) {
    metered::RwLock<int> lock{"metered: rw waits"};
    auto writer = lock.write();
    Threads threads;
    threads.start([&]() { (void)lock.read(); });
    wait_for_metered_waiters("metered: rw waits", 1, Mode::Read);
    threads.start([&]() { (void)lock.upgradable_read(); });
    wait_for_metered_waiters("metered: rw waits", 1, Mode::Upgradable);
    threads.start([&]() { (void)lock.write(); });
    wait_for_metered_waiters("metered: rw waits", 1, Mode::Write);
    writer.unlock();
    threads.join();
    for (const Mode mode : {Mode::Read, Mode::Write, Mode::Upgradable}) {
        const auto series = series_of("metered: rw waits", mode);
        EXPECT_EQ(series.contended, 1u) << to_string(mode);
        EXPECT_EQ(series.wait.count(), 1u) << to_string(mode);
        EXPECT_EQ(series.waiters, 0u) << to_string(mode);
        EXPECT_EQ(series.acquisitions, mode == Mode::Write ? 2u : 1u) << to_string(mode);
        EXPECT_GT(series.longest_wait, 0) << to_string(mode);
    }
}

TEST(MeteredRwLockTest, timeouts_are_counted_in_the_mode_that_was_waited_for) {
    metered::RwLock<int> lock{"metered: rw timeouts"};
    const auto writer = lock.write();
    run_together(1, [&](std::size_t) {
        EXPECT_FALSE(lock.try_read_for(kSoon));
        EXPECT_FALSE(lock.try_write_for(kSoon));
        EXPECT_FALSE(lock.try_write_for(kSoon));
        EXPECT_FALSE(lock.try_upgradable_read_for(kSoon));
        EXPECT_FALSE(lock.try_read());
    });
    EXPECT_EQ(series_of("metered: rw timeouts", Mode::Read).timeouts, 1u);
    EXPECT_EQ(series_of("metered: rw timeouts", Mode::Write).timeouts, 2u);
    EXPECT_EQ(series_of("metered: rw timeouts", Mode::Upgradable).timeouts, 1u);
    EXPECT_EQ(series_of("metered: rw timeouts", Mode::Read).acquisitions, 0u);
}

TEST(MeteredRwLockTest, a_release_in_favour_of_waiters_is_a_hand_off_to_each) {
    metered::RwLock<int> lock{"metered: rw hand-off"};
    auto writer = lock.write();
    Threads threads;
    for (int i = 0; i < 2; ++i) threads.start([&]() { (void)lock.read(); });
    wait_for_metered_waiters("metered: rw hand-off", 2, Mode::Read);
    if constexpr (kHandsOver) wait_for_parked(&lock.raw(), 2);
    threads.start([&]() { (void)lock.write(); });
    wait_for_metered_waiters("metered: rw hand-off", 1, Mode::Write);
    if constexpr (kHandsOver) wait_for_parked(&lock.raw(), 3);
    writer.unlock_fair();
    threads.join();
    // The readers and the writer get it together; that the writer waits for them does not matter.
    EXPECT_EQ(series_of("metered: rw hand-off", Mode::Read).hand_offs, kHandsOver ? 2u : 0u);
    EXPECT_EQ(series_of("metered: rw hand-off", Mode::Write).hand_offs, kHandsOver ? 1u : 0u);
}

TEST(MeteredRwLockTest, an_upgrade_is_an_acquisition_for_writing) {
    metered::RwLock<int> lock{"metered: upgrade"};
    auto writer = lock.upgradable_read().upgrade();
    EXPECT_EQ(series_of("metered: upgrade", Mode::Upgradable).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: upgrade", Mode::Write).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: upgrade", Mode::Write).contended, 0u);

    auto upgradable = std::move(writer).downgrade_to_upgradable();
    auto reader = std::move(upgradable).downgrade();
    EXPECT_EQ(series_of("metered: upgrade", Mode::Upgradable).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: upgrade", Mode::Read).acquisitions, 0u)
        << "a downgrade is no acquisition";
    reader.unlock();

    lock.upgradable_read().with_upgraded([](int& data) { ++data; });
    EXPECT_EQ(series_of("metered: upgrade", Mode::Write).acquisitions, 2u);
}

TEST(MeteredRwLockTest, an_upgrade_waits_as_a_writer) {
    metered::RwLock<int> lock{"metered: upgrade waits"};
    auto reader = std::optional{lock.read()};
    Threads threads;
    threads.start([&]() {
        auto upgradable = lock.upgradable_read();
        EXPECT_FALSE(std::move(upgradable).try_upgrade());
        EXPECT_FALSE(std::move(upgradable).try_upgrade_for(milliseconds{0}));
        EXPECT_FALSE(std::move(upgradable).try_upgrade_for(kSoon));
        (void)std::move(upgradable).upgrade();
    });
    wait_until([&]() { return series_of("metered: upgrade waits", Mode::Write).timeouts == 1; });
    wait_for_metered_waiters("metered: upgrade waits", 1, Mode::Write);
    reader.reset();
    threads.join();
    const auto series = series_of("metered: upgrade waits", Mode::Write);
    EXPECT_EQ(series.acquisitions, 1u);
    EXPECT_EQ(series.contended, 1u);
    EXPECT_EQ(series.timeouts, 1u);
    EXPECT_EQ(series_of("metered: upgrade waits", Mode::Upgradable).acquisitions, 1u);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST(MeteredRwLockTest, waits_that_are_stopped_are_timeouts_of_their_mode) {
    metered::RwLock<int> lock{"metered: rw stop"};
    auto writer = std::optional{lock.write()};
    for (const Mode mode : {Mode::Read, Mode::Write, Mode::Upgradable}) {
        std::stop_source stop;
        Threads threads;
        threads.start([&, mode]() {
            if (mode == Mode::Read) {
                EXPECT_FALSE(lock.read(stop.get_token()));
            }
            if (mode == Mode::Write) {
                EXPECT_FALSE(lock.write(stop.get_token()));
            }
            if (mode == Mode::Upgradable) {
                EXPECT_FALSE(lock.upgradable_read(stop.get_token()));
            }
        });
        wait_for_metered_waiters("metered: rw stop", 1, mode);
        stop.request_stop();
        threads.join();
        EXPECT_EQ(series_of("metered: rw stop", mode).timeouts, 1u) << to_string(mode);
    }
    writer.reset();

    std::stop_source stop;
    const auto reader = lock.read(stop.get_token());
    Threads threads;
    threads.start([&]() { EXPECT_FALSE(lock.upgradable_read().upgrade(stop.get_token())); });
    wait_for_metered_waiters("metered: rw stop", 1, Mode::Write);
    stop.request_stop();
    threads.join();
    EXPECT_EQ(series_of("metered: rw stop", Mode::Write).timeouts, 2u);
}
#endif

TEST(MeteredRwLockTest, readers_of_many_threads_and_locks_are_counted_exactly) {
    constexpr std::size_t kThreads = 8;
    constexpr std::size_t kReads = 100;
    // Enough names for the threads' shards to grow on the way.
    std::vector<std::unique_ptr<metered::RwLock<int>>> locks;
    for (int i = 0; i < 40; ++i) {
        locks.push_back(std::make_unique<metered::RwLock<int>>(
            Options{.name = "metered: readers", .labels = {{"lock", std::to_string(i)}}}));
    }
    for (int round = 0; round < 2; ++round) {  // the second takes over the shards of the first
        run_together(kThreads, [&](std::size_t) {
            for (std::size_t i = 0; i < kReads; ++i) {
                for (const auto& lock : locks) (void)lock->read();
            }
        });
    }
    std::uint64_t reads = 0;
    for (const auto& series : metrics::snapshot()) {
        if (series.lock == "metered: readers" && series.mode == Mode::Read) {
            EXPECT_EQ(series.acquisitions, 2 * kThreads * kReads);
            reads += series.acquisitions;
        }
    }
    EXPECT_EQ(reads, 2 * kThreads * kReads * locks.size());
}

// Holds.

TEST(MeteredHoldTest, holds_are_not_measured_unless_asked_for) {
    metered::Mutex<int> mutex{"metered: no holds"};
    (void)mutex.lock();
    EXPECT_EQ(series_of("metered: no holds").hold.count(), 0u);
    EXPECT_TRUE(series_of("metered: no holds").hold.counts.empty());
}

TEST(MeteredHoldTest, holds_that_are_asked_for_show_before_the_first) {
    metered::Mutex<int> mutex{Options{.name = "metered: hold to come", .sample_holds_every = 3}};
    EXPECT_EQ(series_of("metered: hold to come").hold.count(), 0u);
    EXPECT_FALSE(series_of("metered: hold to come").hold.counts.empty());
}

TEST(MeteredHoldTest, every_nth_hold_is_measured) {
    metered::Mutex<int> mutex{Options{.name = "metered: holds", .sample_holds_every = 3}};
    for (int i = 0; i < 10; ++i) (void)mutex.lock();
    EXPECT_EQ(series_of("metered: holds").hold.count(), 3u);
    EXPECT_EQ(series_of("metered: holds").acquisitions, 10u);
}

TEST(MeteredHoldTest, a_hold_is_as_long_as_the_clock_says) {
    metered::Mutex<int> mutex{Options{.name = "metered: hold", .sample_holds_every = 1}};
    const auto start = std::chrono::steady_clock::now();
    {
        const auto guard = mutex.lock();
        std::this_thread::sleep_for(milliseconds{10});
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const auto hold = series_of("metered: hold").hold;
    EXPECT_EQ(hold.count(), 1u);
    EXPECT_GE(hold.sum, 0.01);
    EXPECT_LE(hold.sum, elapsed.count());
}

TEST(MeteredHoldTest, holds_of_all_modes_are_measured) {
    metered::RwLock<int> lock{Options{.name = "metered: rw holds", .sample_holds_every = 1}};
    (void)lock.read();
    (void)lock.write();
    (void)lock.upgradable_read();
    for (const Mode mode : {Mode::Read, Mode::Write, Mode::Upgradable}) {
        EXPECT_EQ(series_of("metered: rw holds", mode).hold.count(), 1u) << to_string(mode);
    }
}

TEST(MeteredHoldTest, a_hold_ends_where_its_mode_does) {
    metered::RwLock<int> lock{Options{.name = "metered: hold modes", .sample_holds_every = 1}};
    auto writer = lock.upgradable_read().upgrade();
    EXPECT_EQ(series_of("metered: hold modes", Mode::Upgradable).hold.count(), 1u);
    EXPECT_EQ(series_of("metered: hold modes", Mode::Write).hold.count(), 0u);
    auto reader = std::move(writer).downgrade();
    EXPECT_EQ(series_of("metered: hold modes", Mode::Write).hold.count(), 1u);
    reader.unlock();
    EXPECT_EQ(series_of("metered: hold modes", Mode::Read).hold.count(), 0u);
}

TEST(MeteredHoldTest, readers_at_the_same_time_are_measured_one_at_a_time) {
    metered::RwLock<int> lock{Options{.name = "metered: reader holds", .sample_holds_every = 1}};
    {
        const auto reader = lock.read();
        run_together(1, [&](std::size_t) { (void)lock.read(); });
        EXPECT_EQ(series_of("metered: reader holds", Mode::Read).hold.count(), 0u);
    }
    EXPECT_EQ(series_of("metered: reader holds", Mode::Read).hold.count(), 1u);
}

// With the rest of the library.

TEST(MeteredTest, a_condition_variable_that_returns_has_locked_again) {
    metered::Mutex<bool> ready{"metered: condvar"};
    Condvar condition;
    Threads threads;
    threads.start([&]() {
        auto guard = ready.lock();
        condition.wait(guard, [&]() { return *guard; });
    });
    wait_until([&]() { return series_of("metered: condvar").acquisitions == 1; });
    ready.with_lock([](bool& data) { data = true; });
    condition.notify_all();
    threads.join();
    const auto series = series_of("metered: condvar");
    // The waiter's, the notifier's, and, unless it came late, the waiter's second.
    EXPECT_GE(series.acquisitions, 2u);
    EXPECT_LE(series.acquisitions, 3u);
    EXPECT_EQ(series.waiters, 0u);
}

TEST(MeteredTest, notified_threads_each_lock_once) {
    constexpr std::uint64_t kThreads = 6;
    metered::Mutex<std::uint64_t> arrived{"metered: crowd"};
    Condvar condition;
    std::atomic<bool> go{false};
    Threads threads;
    for (std::uint64_t i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            auto guard = arrived.lock();
            ++*guard;
            while (!go) condition.wait(guard);
        });
    }
    wait_until([&]() { return *arrived.lock().operator->() == kThreads; });
    std::uint64_t before = 0;
    {
        const auto guard = arrived.lock();
        before = series_of("metered: crowd").acquisitions;
        go = true;
        condition.notify_all();
    }
    threads.join();
    const auto series = series_of("metered: crowd");
    if constexpr (kHandsOver) {
        EXPECT_EQ(series.acquisitions, before + kThreads);
    }
    EXPECT_GE(series.acquisitions, before + kThreads);  // std's may return for no reason
    EXPECT_EQ(series.waiters, 0u);
}

TEST(MeteredTest, a_condition_variable_waits_with_a_metered_rwlock) {
    metered::RwLock<int> lock{"metered: rw condvar"};
    Condvar condition;
    auto reader = lock.read();
    EXPECT_FALSE(condition.wait_for(reader, kSoon));
    EXPECT_EQ(series_of("metered: rw condvar", Mode::Read).acquisitions, 2u);
}

TEST(MeteredTest, lock_all_counts_what_it_ends_up_with) {
    metered::Mutex<int> mutex{"metered: all"};
    metered::RwLock<int> lock{"metered: all"};
    {
        const auto guards = lock_all(mutex, lock.read_mode());
    }
    {
        const auto guards = lock_all(lock.write_mode(), mutex);
    }
    EXPECT_EQ(series_of("metered: all").acquisitions, 2u);
    EXPECT_EQ(series_of("metered: all", Mode::Read).acquisitions, 1u);
    EXPECT_EQ(series_of("metered: all", Mode::Write).acquisitions, 1u);
}

TEST(MeteredTest, guards_that_own_their_lock_keep_it_alive) {
    auto mutex = std::make_shared<metered::Mutex<int>>("metered: owned", 1);
    metered::OwnedMutexGuard<int> guard = lock_owned(mutex);
    mutex.reset();
    EXPECT_EQ(*guard, 1);
    EXPECT_EQ(series_of("metered: owned").locks, 1u);
    guard.unlock();
    EXPECT_EQ(series_of("metered: owned").locks, 0u);
    EXPECT_EQ(series_of("metered: owned").acquisitions, 1u);
}

}  // namespace
}  // namespace parking_lot::test
