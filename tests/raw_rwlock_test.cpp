// SPDX-License-Identifier: MIT
// The raw RwLocks: modes, transitions, waiting, hand-off and destruction.
#include "parking_lot/raw_rwlock.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/emulated.hpp"
#include "support/rwlocks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using test::kPrefersReaders;
using test::run_together;
using test::Threads;
using test::wait_for_parked;
using test::wait_for_rw_waiters;
using test::wait_until;
using namespace std::chrono_literals;

static_assert(std::is_trivially_destructible_v<RawRwLock> || PARKING_LOT_CHECKED);
static_assert(RawSharedTimedLockable<RawRwLock> && RawUpgradableTimed<RawRwLock> &&
              RawSharedFairLockable<RawRwLock> && RawUpgradableFair<RawRwLock>);
#if PARKING_LOT_HAS_STOP_TOKEN
static_assert(RawSharedStoppable<RawRwLock> && RawUpgradableStoppable<RawRwLock>);
#endif

[[maybe_unused]] constinit RawRwLock constant_initialized;

template <class Raw>
class RawRwLockTest : public test::RwLockTest {};
TYPED_TEST_SUITE(RawRwLockTest, test::RawRwLocks, test::RwLockNames);

template <class Raw>
class ParkingRwLockTest : public test::RwLockTest {};
TYPED_TEST_SUITE(ParkingRwLockTest, test::ParkingRwLocks, test::RwLockNames);

/// Whether another thread could lock `raw` in each mode just now.
template <class Raw>
struct Admits {
    explicit Admits(Raw& raw) {
        std::thread{[&]() {
            if ((reader = raw.try_lock_shared())) raw.unlock_shared();
            if ((upgradable = raw.try_lock_upgradable())) raw.unlock_upgradable();
            if ((writer = raw.try_lock())) raw.unlock();
        }}.join();
    }
    bool reader = false;
    bool upgradable = false;
    bool writer = false;
};

template <class Raw>
void expect_admits(Raw& raw, bool reader, bool upgradable, bool writer) {
    const Admits<Raw> admits{raw};
    EXPECT_EQ(admits.reader, reader);
    EXPECT_EQ(admits.upgradable, upgradable);
    EXPECT_EQ(admits.writer, writer);
}

TYPED_TEST(RawRwLockTest, ModesExcludeEachOther) {
    TypeParam raw;
    expect_admits(raw, true, true, true);
    raw.lock_shared();
    expect_admits(raw, true, true, false);
    raw.unlock_shared();
    raw.lock_upgradable();
    expect_admits(raw, true, false, false);
    raw.unlock_upgradable();
    raw.lock();
    expect_admits(raw, false, false, false);
    raw.unlock();
    expect_admits(raw, true, true, true);
}

TYPED_TEST(RawRwLockTest, TellsHowItIsLocked) {
    TypeParam raw;
    EXPECT_FALSE(raw.is_locked());
    raw.lock_shared();
    EXPECT_TRUE(raw.is_locked());
    EXPECT_FALSE(raw.is_locked_exclusive());
    raw.unlock_shared();
    raw.lock_upgradable();
    EXPECT_TRUE(raw.is_locked());
    EXPECT_FALSE(raw.is_locked_exclusive());
    raw.upgrade();
    EXPECT_TRUE(raw.is_locked_exclusive());
    raw.unlock();
    EXPECT_FALSE(raw.is_locked());
}

TYPED_TEST(RawRwLockTest, ModesChangeWithoutUnlocking) {
    TypeParam raw;
    raw.lock();
    raw.downgrade();
    expect_admits(raw, true, true, false);
    raw.unlock_shared();

    raw.lock();
    raw.downgrade_to_upgradable();
    expect_admits(raw, true, false, false);
    raw.upgrade();
    expect_admits(raw, false, false, false);
    raw.downgrade_to_upgradable();
    ASSERT_TRUE(raw.try_upgrade());
    expect_admits(raw, false, false, false);
    raw.downgrade_to_upgradable();
    raw.downgrade_upgradable();
    expect_admits(raw, true, true, false);
    raw.unlock_shared();
    expect_admits(raw, true, true, true);
}

TYPED_TEST(RawRwLockTest, TryUpgradeFailsBesideReadersAndKeepsTheMode) {
    TypeParam raw;
    raw.lock_upgradable();
    std::thread{[&]() { raw.lock_shared(); }}.join();
    EXPECT_FALSE(raw.try_upgrade());
    EXPECT_FALSE(raw.try_upgrade_for(0ms));
    EXPECT_FALSE(raw.try_upgrade_for(5ms));
    expect_admits(raw, true, false, false);
    std::thread{[&]() { raw.unlock_shared(); }}.join();
    EXPECT_TRUE(raw.try_upgrade_for(5ms));
    raw.unlock();
}

/// The timed functions of each mode, called by a thread of their own.
template <class Raw>
struct TimedModes {
    static constexpr std::size_t kCount = 3;

    template <class Limit>
    static bool lock_for(Raw& raw, std::size_t mode, Limit limit) {
        return mode == 0   ? raw.try_lock_for(limit)
               : mode == 1 ? raw.try_lock_shared_for(limit)
                           : raw.try_lock_upgradable_for(limit);
    }
    template <class Time>
    static bool lock_until(Raw& raw, std::size_t mode, Time time) {
        return mode == 0   ? raw.try_lock_until(time)
               : mode == 1 ? raw.try_lock_shared_until(time)
                           : raw.try_lock_upgradable_until(time);
    }
    static void unlock(Raw& raw, std::size_t mode) {
        mode == 0 ? raw.unlock() : mode == 1 ? raw.unlock_shared() : raw.unlock_upgradable();
    }
};

TYPED_TEST(RawRwLockTest, AnyLimitTakesAFreeLock) {
    using Modes = TimedModes<TypeParam>;
    using Steady = std::chrono::steady_clock;
    TypeParam raw;
    for (std::size_t mode = 0; mode < Modes::kCount; ++mode) {
        for (const auto limit : {0ms, -5ms, 5ms, std::chrono::milliseconds::max()}) {
            ASSERT_TRUE(Modes::lock_for(raw, mode, limit));
            Modes::unlock(raw, mode);
        }
        for (const auto time : {Steady::time_point::min(), Steady::now(), Steady::now() + 1h,
                                Steady::time_point::max()}) {
            ASSERT_TRUE(Modes::lock_until(raw, mode, time));
            Modes::unlock(raw, mode);
        }
        ASSERT_TRUE(Modes::lock_until(raw, mode, std::chrono::system_clock::now() - 1h));
        Modes::unlock(raw, mode);
    }
}

TYPED_TEST(RawRwLockTest, ALimitEndsTheWait) {
    using Modes = TimedModes<TypeParam>;
    TypeParam raw;
    raw.lock();
    std::thread{[&]() {
        for (std::size_t mode = 0; mode < Modes::kCount; ++mode) {
            EXPECT_FALSE(Modes::lock_for(raw, mode, 0ms));
            EXPECT_FALSE(Modes::lock_for(raw, mode, -1h));
            EXPECT_FALSE(
                Modes::lock_until(raw, mode, std::chrono::steady_clock::time_point::min()));
            const auto before = std::chrono::steady_clock::now();
            EXPECT_FALSE(Modes::lock_for(raw, mode, 10ms));
            EXPECT_GE(std::chrono::steady_clock::now() - before, 10ms);
            EXPECT_FALSE(Modes::lock_until(raw, mode, std::chrono::system_clock::now() + 5ms));
        }
    }}.join();
    raw.unlock();
    expect_admits(raw, true, true, true);
}

TYPED_TEST(RawRwLockTest, AWriterThatGivesUpOnReadersLetsReadersIn) {
    TypeParam raw;
    raw.lock_shared();
    std::thread{[&]() { EXPECT_FALSE(raw.try_lock_for(5ms)); }}.join();
    expect_admits(raw, true, true, false);
    raw.unlock_shared();
    expect_admits(raw, true, true, true);
}

TYPED_TEST(RawRwLockTest, WaitersOfEachModeGetTheLock) {
    TypeParam raw;
    raw.lock();
    std::atomic<int> done{0};
    Threads threads;
    for (int i = 0; i < 3; ++i) {
        threads.start([&]() { raw.lock(), ++done, raw.unlock(); });
        threads.start([&]() { raw.lock_shared(), ++done, raw.unlock_shared(); });
        threads.start([&]() { raw.lock_upgradable(), ++done, raw.unlock_upgradable(); });
    }
    wait_for_rw_waiters(raw, 9);
    EXPECT_EQ(done, 0);
    raw.unlock();
    threads.join();
    EXPECT_EQ(done, 9);
    expect_admits(raw, true, true, true);
}

TYPED_TEST(RawRwLockTest, DowngradesLetWaitingReadersIn) {
    TypeParam raw;
    for (const bool to_upgradable : {false, true}) {
        raw.lock();
        Threads reader;
        reader.start([&]() { raw.lock_shared(), raw.unlock_shared(); });
        wait_for_rw_waiters(raw, 1);
        to_upgradable ? raw.downgrade_to_upgradable() : raw.downgrade();
        reader.join();  // while this thread still holds the lock
        to_upgradable ? raw.unlock_upgradable() : raw.unlock_shared();
    }
}

TYPED_TEST(RawRwLockTest, UpgradeWaitsForReaders) {
    TypeParam raw;
    raw.lock_shared();
    std::atomic<bool> upgraded{false};
    std::atomic<bool> read{true};
    Threads threads;
    threads.start([&]() {
        raw.lock_upgradable();
        raw.upgrade();
        EXPECT_FALSE(read);
        upgraded = true;
        raw.unlock();
    });
    wait_for_rw_waiters(raw, 1);
    EXPECT_FALSE(upgraded);
    read = false;
    raw.unlock_shared();
    threads.join();
    EXPECT_TRUE(upgraded);
}

TYPED_TEST(ParkingRwLockTest, AWriterThatWaitsForReadersHoldsBackNewOnes) {
    TypeParam raw;
    raw.lock_shared();
    Threads writer;
    writer.start([&]() { raw.lock(), raw.unlock(); });
    wait_for_parked(&raw, 1);
    expect_admits(raw, kPrefersReaders<TypeParam>, false, false);
    EXPECT_FALSE(raw.is_locked_exclusive());
    raw.unlock_shared();
    writer.join();
    expect_admits(raw, true, true, true);
}

TYPED_TEST(ParkingRwLockTest, AWriterThatGivesUpWakesTheReadersItHeldBack) {
    if (kPrefersReaders<TypeParam>) GTEST_SKIP() << "it holds none back";
    TypeParam raw;
    std::thread{[&]() { raw.lock_shared(); }}.join();
    std::atomic<bool> is_waiting{false};
    Threads threads;
    std::atomic<bool> stop{false};
    threads.start([&]() {
        while (!stop) {
            is_waiting = true;
            EXPECT_FALSE(raw.try_lock_for(20ms));
        }
    });
    wait_until([&]() { return is_waiting.load(); });
    for (int i = 0; i < 20; ++i) {
        raw.lock_shared();  // sooner or later behind a waiting writer; it must come back
        raw.unlock_shared();
    }
    stop = true;
    threads.join();
    raw.unlock_shared();
}

TYPED_TEST(ParkingRwLockTest, FairUnlocksHandTheLockOver) {
    for (const bool upgradable : {false, true}) {
        TypeParam raw;
        upgradable ? raw.lock_upgradable() : raw.lock();
        std::atomic<bool> may_unlock{false};
        Threads writer;
        writer.start([&]() {
            raw.lock();
            wait_until([&]() { return may_unlock.load(); });
            raw.unlock();
        });
        wait_for_parked(&raw, 1);
        upgradable ? raw.unlock_upgradable_fair() : raw.unlock_fair();
        EXPECT_TRUE(raw.is_locked_exclusive());  // already, whether or not it runs yet
        EXPECT_FALSE(raw.try_lock_shared());
        may_unlock = true;
    }
}

TYPED_TEST(ParkingRwLockTest, BumpsLetAWaitingWriterGoFirst) {
    enum class Mode { Write, Read, Upgradable };
    for (const Mode mode : {Mode::Write, Mode::Read, Mode::Upgradable}) {
        TypeParam raw;
        std::atomic<bool> wrote{false};
        if (mode == Mode::Write) raw.lock();
        if (mode == Mode::Read) raw.lock_shared();
        if (mode == Mode::Upgradable) raw.lock_upgradable();
        Threads writer;
        writer.start([&]() {
            raw.lock();
            wrote = true;
            raw.unlock();
        });
        wait_for_parked(&raw, 1);
        if (mode == Mode::Write) raw.bump(), raw.unlock();
        if (mode == Mode::Read) raw.bump_shared(), raw.unlock_shared();
        if (mode == Mode::Upgradable) raw.bump_upgradable(), raw.unlock_upgradable();
        EXPECT_TRUE(wrote || (mode == Mode::Read && kPrefersReaders<TypeParam>));
        writer.join();
    }
}

/// Threads that lock, note their number and unlock when told to, parked one after the other.
class Line {
  public:
    explicit Line(RawRwLock& raw) : raw_{raw} {}

    void reader(int number) {
        start([this, number]() {
            raw_.lock_shared();
            note(number);
            raw_.unlock_shared();
        });
    }
    void writer(int number) {
        start([this, number]() {
            raw_.lock();
            note(number);
            raw_.unlock();
        });
    }
    std::vector<int> order() {
        threads_.join();
        return {order_.begin(), order_.begin() + count_.load()};
    }

  private:
    template <class Function>
    void start(Function&& function) {
        threads_.start(function);
        wait_for_parked(&raw_, ++parked_);
    }
    void note(int number) { order_[static_cast<std::size_t>(count_++)] = number; }

    RawRwLock& raw_;
    std::size_t parked_ = 0;
    std::array<int, 16> order_{};
    std::atomic<int> count_{0};
    Threads threads_;
};

TEST(TaskFairRwLockTest, WaitersGetTheLockInTurn) {
    RawRwLock raw;
    raw.lock();
    Line line{raw};
    line.reader(1);
    line.reader(1);
    line.writer(2);
    line.reader(3);
    line.reader(3);
    line.writer(4);
    raw.unlock_fair();
    const std::vector<int> order = line.order();
    ASSERT_EQ(order.size(), 6u);
    // The first run and its writer are handed the lock; the readers behind it cannot be before it.
    EXPECT_EQ(std::vector<int>(order.begin(), order.begin() + 3), (std::vector<int>{1, 1, 2}));
}

TEST(TaskFairRwLockTest, NeitherSideStarves) {
    RawRwLock raw;
    constexpr int kTurns = 200;
    std::atomic<int> readers_turns{0};
    std::atomic<int> writers_turns{0};
    // All go on, without a pause, until each side has had its turns.
    const auto goes_on = [&]() { return readers_turns < kTurns || writers_turns < kTurns; };
    run_together(6, [&](std::size_t index) {
        if (index % 2 == 0) {
            while (goes_on()) {
                raw.lock();
                ++writers_turns;
                raw.unlock();
            }
        } else {
            while (goes_on()) {
                raw.lock_shared();
                ++readers_turns;
                raw.unlock_shared();
            }
        }
    });
    EXPECT_GE(readers_turns, kTurns);
    EXPECT_GE(writers_turns, kTurns);
}

TEST(WriterPreferringRwLockTest, AWaitingWriterPassesWaitingReaders) {
    RawWriterPreferringRwLock raw;
    raw.lock();
    std::atomic<bool> wrote{false};
    Threads threads;
    for (int i = 0; i < 3; ++i) {
        threads.start([&]() {
            raw.lock_shared();
            EXPECT_TRUE(wrote);
            raw.unlock_shared();
        });
    }
    wait_for_parked(&raw, 3);
    threads.start([&]() {
        raw.lock();
        wrote = true;
        raw.unlock();
    });
    wait_for_parked(&raw, 4);
    raw.unlock();
}

TEST(ReaderPreferringRwLockTest, RecursiveReadsPassAWaitingWriter) {
    RawReaderPreferringRwLock raw;
    raw.lock_shared();
    Threads writer;
    writer.start([&]() { raw.lock(), raw.unlock(); });
    wait_for_parked(&raw, 1);
    raw.lock_shared();  // a deadlock with any other policy
    std::thread{[&]() { raw.lock_shared(), raw.unlock_shared(); }}.join();
    raw.unlock_shared();
    raw.unlock_shared();
}

TEST(ReaderPreferringRwLockTest, RecursiveReadsPassAnUpgrade) {
    RawReaderPreferringRwLock raw;
    raw.lock_shared();
    Threads upgrader;
    upgrader.start([&]() { raw.lock_upgradable(), raw.upgrade(), raw.unlock(); });
    wait_for_parked(&raw, 1);
    raw.lock_shared();
    raw.unlock_shared();
    raw.unlock_shared();
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(RawRwLockTest, AStopRequestEndsTheWait) {
    TypeParam raw;
    for (int mode = 0; mode < 3; ++mode) {
        std::stop_source stop;
        raw.lock();
        Threads threads;
        threads.start([&]() {
            const auto token = stop.get_token();
            EXPECT_FALSE(mode == 0   ? raw.lock(token)
                         : mode == 1 ? raw.lock_shared(token)
                                     : raw.lock_upgradable(token));
        });
        wait_for_rw_waiters(raw, 1);
        stop.request_stop();
        threads.join();
        raw.unlock();
        ASSERT_TRUE(raw.lock(stop.get_token()));  // a free lock is taken even then
        raw.unlock();
    }
}

TYPED_TEST(RawRwLockTest, AStopRequestEndsAnUpgrade) {
    TypeParam raw;
    raw.lock_shared();
    std::stop_source stop;
    Threads threads;
    threads.start([&]() {
        raw.lock_upgradable();
        EXPECT_FALSE(raw.upgrade(stop.get_token()));
        raw.unlock_upgradable();
    });
    wait_for_rw_waiters(raw, 1);
    stop.request_stop();
    threads.join();
    expect_admits(raw, true, true, false);
    raw.unlock_shared();
}
#endif

TYPED_TEST(RawRwLockTest, WorksWithTheStandardsLocks) {
    TypeParam raw;
    {
        std::shared_lock lock{raw, 1s};
        EXPECT_TRUE(lock.owns_lock());
    }
    std::unique_lock lock{raw, 1s};
    EXPECT_TRUE(lock.owns_lock());
}

/// Readers and a writer that frees the lock as soon as it has it: nothing may touch the lock after
/// the unlock that let the writer in (AddressSanitizer reports it).
TYPED_TEST(ParkingRwLockTest, MayBeDestroyedAsSoonAsTheOthersHaveUnlocked) {
    constexpr std::size_t kReaders = 3;
    for (int round = 0; round < 300; ++round) {
        auto raw = std::make_unique<TypeParam>();
        TypeParam& lock = *raw;
        std::atomic<std::size_t> reading{0};
        run_together(kReaders + 1, [&](std::size_t index) {
            if (index < kReaders) {
                lock.lock_shared();
                ++reading;
                return lock.unlock_shared();
            }
            while (reading != kReaders) std::this_thread::yield();
            raw->lock();
            raw->unlock();
            raw.reset();
        });
    }
}

TYPED_TEST(ParkingRwLockTest, MayBeDestroyedAfterAnUpgradableReaderOrWriterHasUnlocked) {
    for (int round = 0; round < 300; ++round) {
        auto raw = std::make_unique<TypeParam>();
        TypeParam& lock = *raw;
        const bool upgradable = round % 2 == 0;
        upgradable ? lock.lock_upgradable() : lock.lock();
        std::atomic<bool> unlocks{false};
        Threads threads;
        threads.start([&]() {
            unlocks = true;
            raw->lock();
            raw->unlock();
            raw.reset();
        });
        wait_until([&]() { return unlocks.load(); });
        upgradable ? lock.unlock_upgradable() : lock.unlock();
    }
}

TEST(RawRwLockDeathTest, TooManyReadersAbort) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    EXPECT_DEATH(
        {
            RawRwLock raw;
            for (int i = 0; i <= 1 << 24; ++i) (void)raw.try_lock_shared();
        },
        "parking_lot: too many readers \\(parking_lot::RawRwLock at");
}

}  // namespace
}  // namespace parking_lot
