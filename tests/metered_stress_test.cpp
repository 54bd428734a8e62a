// SPDX-License-Identifier: MIT
// Metered locks under load: totals are exact, whatever comes and goes meanwhile.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "parking_lot/metered.hpp"
#include "support/sanitizers.hpp"
#include "support/series.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {
namespace {

using metered::Options;
using metrics::Mode;

constexpr std::size_t kThreads = 32;
constexpr int kRounds = kThreadSanitizer ? 30 : 300;

/// How often each thing was done with locks of one name.
struct Done {
    std::atomic<std::uint64_t> mutex{0}, reads{0}, writes{0}, upgradable{0}, timeouts{0};
};

/// A number that looks random.
std::uint32_t next(std::uint32_t& state) { return state = state * 1'664'525 + 1'013'904'223; }

void use(metered::Mutex<std::uint64_t>& mutex, std::uint32_t choice, Done& done) {
    switch (choice % 4) {
        case 0:
            mutex.with_lock([](std::uint64_t& data) { ++data; });
            ++done.mutex;
            break;
        case 1:
            if (mutex.try_lock()) ++done.mutex;
            break;
        case 2:
            if (mutex.try_lock_for(std::chrono::microseconds{50})) ++done.mutex;
            break;
        default:
            mutex.lock().unlock_fair();
            ++done.mutex;
    }
}

void use(metered::RwLock<std::uint64_t>& lock, std::uint32_t choice, Done& done) {
    switch (choice % 6) {
        case 0:
            lock.with_write([](std::uint64_t& data) { ++data; });
            ++done.writes;
            break;
        case 1: {
            auto upgradable = lock.upgradable_read();
            ++done.upgradable;
            if (auto writer =
                    std::move(upgradable).try_upgrade_for(std::chrono::microseconds{50})) {
                ++done.writes;
                (void)std::move(*writer).downgrade();
            }
            break;
        }
        case 2:
            if (lock.try_write_for(std::chrono::microseconds{50})) ++done.writes;
            break;
        default:
            (void)lock.read();
            ++done.reads;
    }
}

/// All series of this name in this mode, whatever their labels.
metrics::Series sum_of(const std::string& name, Mode mode) {
    metrics::Series sum{.lock = name, .mode = mode};
    for (const auto& series : metrics::snapshot()) {
        if (series.lock != name || series.mode != mode) continue;
        sum.acquisitions += series.acquisitions;
        sum.contended += series.contended;
        sum.timeouts += series.timeouts;
        sum.waiters += series.waiters;
        sum.locks += series.locks;
        EXPECT_EQ(series.wait.count(), series.contended + series.timeouts);
        EXPECT_LE(series.contended, series.acquisitions);
        EXPECT_LE(series.hand_offs, series.contended);
        EXPECT_LE(series.longest_wait, series.wait.sum + 1e-9);
    }
    return sum;
}

TEST(MeteredStressTest, totals_are_exact_though_locks_die) {
    const std::string name = "stress: exact";
    Done done;
    {
        metered::Mutex<std::uint64_t> mutex{name};
        metered::RwLock<std::uint64_t> rwlock{name};
        run_together(kThreads, [&](std::size_t index) {
            auto random = static_cast<std::uint32_t>(index);
            for (int round = 0; round < kRounds; ++round) {
                // Some of this thread's own, of the same and of other series.
                const Options options{
                    .name = name,
                    .labels = {{"thread", std::to_string(round % 3 == 0 ? index % 4 : 0)}},
                    .sample_holds_every = static_cast<std::uint32_t>(round % 5)};
                metered::Mutex<std::uint64_t> own_mutex{options};
                metered::RwLock<std::uint64_t> own_rwlock{options};
                for (int i = 0; i < 4; ++i) {
                    use(mutex, next(random) >> 16, done);
                    use(own_mutex, next(random) >> 16, done);
                    use(rwlock, next(random) >> 16, done);
                    use(own_rwlock, next(random) >> 16, done);
                }
            }
        });
    }
    EXPECT_EQ(sum_of(name, Mode::Exclusive).acquisitions, done.mutex);
    EXPECT_EQ(sum_of(name, Mode::Read).acquisitions, done.reads);
    EXPECT_EQ(sum_of(name, Mode::Write).acquisitions, done.writes);
    EXPECT_EQ(sum_of(name, Mode::Upgradable).acquisitions, done.upgradable);
    for (const Mode mode : {Mode::Exclusive, Mode::Read, Mode::Write, Mode::Upgradable}) {
        EXPECT_EQ(sum_of(name, mode).waiters, 0u) << to_string(mode);
        EXPECT_EQ(sum_of(name, mode).locks, 0u) << to_string(mode);
    }
}

TEST(MeteredStressTest, snapshots_never_go_back_while_locks_come_and_go) {
    const std::string name = "stress: snapshots";
    std::atomic<bool> stop{false};
    Done done;
    metered::Mutex<std::uint64_t> mutex{name};
    metered::RwLock<std::uint64_t> rwlock{name};
    Threads users;
    for (std::uint32_t index = 0; index < 4; ++index) {
        users.start([&, random = index]() mutable {
            while (!stop) {
                metered::Mutex<std::uint64_t> own_mutex{name};
                const auto own_rwlock = std::make_unique<metered::RwLock<std::uint64_t>>(name);
                for (int i = 0; i < 16; ++i) {
                    use(mutex, next(random) >> 16, done);
                    use(own_mutex, next(random) >> 16, done);
                    use(rwlock, next(random) >> 16, done);
                    use(*own_rwlock, next(random) >> 16, done);
                }
            }
        });
    }
    run_together(4, [&](std::size_t) {
        std::map<Mode, metrics::Series> last;
        for (int i = 0; i < kRounds; ++i) {
            for (const metrics::Series& series : metrics::snapshot()) {
                if (series.lock != name) continue;
                metrics::Series& before = last[series.mode];
                EXPECT_GE(series.acquisitions, before.acquisitions);
                EXPECT_GE(series.contended, before.contended);
                EXPECT_GE(series.timeouts, before.timeouts);
                EXPECT_GE(series.hand_offs, before.hand_offs);
                EXPECT_GE(series.longest_wait, before.longest_wait);
                EXPECT_GE(series.wait.count(), before.wait.count());
                before = series;
            }
            std::ostringstream out;
            metrics::print_top(out);
        }
    });
    stop = true;
    users.join();
    EXPECT_EQ(sum_of(name, Mode::Exclusive).acquisitions, done.mutex);
    EXPECT_EQ(sum_of(name, Mode::Read).acquisitions, done.reads);
    EXPECT_EQ(sum_of(name, Mode::Write).acquisitions, done.writes);
    EXPECT_EQ(sum_of(name, Mode::Upgradable).acquisitions, done.upgradable);
}

TEST(MeteredStressTest, a_snapshot_waits_for_no_holder_of_a_lock) {
    metered::Mutex<int> mutex{"stress: held"};
    metered::RwLock<int> rwlock{"stress: held"};
    const auto guard = mutex.lock();
    const auto writer = rwlock.write();
    Threads waiters;
    waiters.start([&]() { EXPECT_FALSE(mutex.try_lock_for(std::chrono::milliseconds{50})); });
    wait_for_metered_waiters("stress: held", 1);
    EXPECT_EQ(series_of("stress: held").acquisitions, 1u);
    EXPECT_EQ(series_of("stress: held", Mode::Write).acquisitions, 1u);
}

TEST(MeteredStressTest, a_lock_may_be_destroyed_as_soon_as_it_is_unlocked) {
    constexpr int kTimes = kThreadSanitizer ? 200 : 2'000;
    for (int i = 0; i < kTimes; ++i) {
        auto mutex = std::make_unique<metered::Mutex<int>>("stress: destroyed");
        Threads threads;
        auto guard = mutex->lock();
        threads.start([&]() {
            (void)mutex->lock();
            mutex.reset();
        });
        guard.unlock();
    }
    EXPECT_EQ(series_of("stress: destroyed").locks, 0u);
    EXPECT_EQ(series_of("stress: destroyed").acquisitions, 2u * kTimes);
}

}  // namespace
}  // namespace parking_lot::test
