// SPDX-License-Identifier: MIT
// Bugs that RwLocks have had, numbered as in the catalogue of Rust's parking_lot (26 to 37, 44, 45,
// 50, 51), as tests that the same mistake here would fail.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "parking_lot/raw_rwlock.hpp"
#include "parking_lot/rwlock.hpp"
#include "support/rwlocks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using test::run_together;
using test::Threads;
using test::wait_for_parked;
using test::wait_until;
using namespace std::chrono_literals;

template <class Raw>
class RwLockBugTest : public test::RwLockTest {};
TYPED_TEST_SUITE(RwLockBugTest, test::ParkingRwLocks, test::RwLockNames);

TYPED_TEST(RwLockBugTest, Bug26_FairHandOffBesideARacingReaderLetsReaderAndWriterInTogether) {
    TypeParam raw;
    std::atomic<int> readers{0};
    std::atomic<int> writers{0};
    run_together(4, [&](std::size_t index) {
        for (int i = 0; i < 4'000; ++i) {
            if (index < 2) {
                raw.lock();
                EXPECT_EQ(writers.fetch_add(1), 0);
                EXPECT_EQ(readers, 0);
                --writers;
                raw.unlock_fair();
            } else {
                raw.lock_shared();
                ++readers;
                EXPECT_EQ(writers, 0);
                --readers;
                raw.unlock_shared_fair();
            }
        }
    });
}

TYPED_TEST(RwLockBugTest, Bug27_ATimedWriteThatGaveUpLeavesTheLockUsable) {
    TypeParam raw;
    for (const bool by_reader : {false, true}) {
        by_reader ? raw.lock_shared() : raw.lock();
        std::thread{[&]() { EXPECT_FALSE(raw.try_lock_for(5ms)); }}.join();
        by_reader ? raw.unlock_shared() : raw.unlock();
        EXPECT_TRUE(raw.try_lock());  // Rust's fails here as long as its PARKED bit is left
        raw.unlock();
        EXPECT_TRUE(raw.try_lock_shared());
        raw.unlock_shared();
    }
}

TYPED_TEST(RwLockBugTest, Bug28_29_QueuedUpgradersAreNotLostAndBlockNoReaders) {
    TypeParam raw;
    raw.lock_upgradable();
    std::atomic<int> upgraded{0};
    Threads threads;
    for (int i = 0; i < 2; ++i) {
        threads.start([&]() {
            raw.lock_upgradable();
            raw.upgrade();
            ++upgraded;
            raw.unlock();
        });
    }
    wait_for_parked(&raw, 2);
    std::thread{[&]() {
        raw.lock_shared();  // while one upgradable reader holds it and two wait
        raw.unlock_shared();
    }}.join();
    raw.upgrade();
    raw.unlock();
    threads.join();
    EXPECT_EQ(upgraded, 2);
}

TYPED_TEST(RwLockBugTest, Bug30_31_32_50_AWriterSeesWhatReadersAndUpgradersDid) {
    // Readers leave their mark in plain memory: ThreadSanitizer sees a missing acquire or release.
    TypeParam raw;
    long data = 0;
    std::array<long, 3> seen{};
    run_together(3, [&](std::size_t index) {
        for (int i = 0; i < 2'000; ++i) {
            if (index == 0) {
                raw.lock_upgradable();
                if (i % 3 == 0) {
                    raw.upgrade();
                } else if (i % 3 == 1 ? !raw.try_upgrade() : !raw.try_upgrade_for(1ms)) {
                    raw.unlock_upgradable();
                    continue;
                }
                ++data;
                raw.unlock();
            } else if (i % 16 == 0) {
                raw.lock();
                ++data;
                raw.unlock();
            } else {
                raw.lock_shared();
                seen[index] = data;
                raw.unlock_shared();
            }
        }
    });
    EXPECT_LE(seen[1], data);
}

TYPED_TEST(RwLockBugTest, Bug33_AWriterTimingOutAmongManyReadersDoesNotCorruptTheWord) {
    TypeParam raw;
    run_together(4, [&](std::size_t index) {
        for (int i = 0; i < 4'000; ++i) {
            if (index == 0) {
                if (raw.try_lock_for(std::chrono::microseconds{i % 8})) raw.unlock();
            } else {
                raw.lock_shared();
                raw.unlock_shared();
            }
        }
    });
    EXPECT_FALSE(raw.is_locked());
    EXPECT_TRUE(raw.try_lock());
    raw.unlock();
}

TYPED_TEST(RwLockBugTest, Bug34_AfterATimedOutWriteQueuedWritersAndUpgradersAreNotSkipped) {
    TypeParam raw;
    raw.lock_shared();
    std::atomic<bool> is_claimed{false};
    Threads threads;
    threads.start([&]() {
        // Until the others are queued behind it.
        while (!raw.try_lock_for(50ms)) is_claimed = true;
        raw.unlock();
    });
    wait_for_parked(&raw, 1);
    threads.start([&]() { raw.lock(), raw.unlock(); });
    threads.start([&]() { raw.lock_upgradable(), raw.unlock_upgradable(); });
    wait_until([&]() { return is_claimed.load(); });
    raw.unlock_shared();
    threads.join();
}

TYPED_TEST(RwLockBugTest, Bug35_BumpsActThoughThereAreTwoReaders) {
    if (test::kPrefersReaders<TypeParam>) GTEST_SKIP() << "a bump need not give way to a writer";
    TypeParam raw;
    std::atomic<bool> wrote{false};
    std::atomic<bool> is_reading{false};
    Threads threads;
    raw.lock_shared();
    threads.start([&]() {
        raw.lock_shared();
        is_reading = true;
        while (!wrote) {
            raw.bump_shared();
            std::this_thread::yield();
        }
        raw.unlock_shared();
    });
    wait_until([&]() { return is_reading.load(); });
    threads.start([&]() {
        raw.lock();
        wrote = true;
        raw.unlock();
    });
    while (!wrote) {
        raw.bump_shared();
        std::this_thread::yield();
    }
    raw.unlock_shared();
    threads.join();
}

TEST(RwLockGuardBugTest, Bug36_WithUpgradedComesBackUpgradable) {
    RwLock<int> lock{0};
    auto guard = lock.upgradable_read();
    guard.with_upgraded([](int& value) { ++value; });
    std::thread{[&]() { EXPECT_FALSE(lock.try_upgradable_read()); }}.join();
    guard.with_upgraded([](int& value) { ++value; });
    EXPECT_EQ(*guard, 2);
}

TYPED_TEST(RwLockBugTest, Bug37_AFairUnlockOfAnUpgradableReaderIsFair) {
    for (int round = 0; round < 50; ++round) {
        TypeParam raw;
        raw.lock_upgradable();
        std::atomic<bool> may_unlock{false};
        Threads threads;
        threads.start([&]() {
            raw.lock_upgradable();
            while (!may_unlock) std::this_thread::yield();
            raw.unlock_upgradable();
        });
        wait_for_parked(&raw, 1);
        raw.unlock_upgradable_fair();
        EXPECT_FALSE(raw.try_lock_upgradable());
        may_unlock = true;
    }
}

TEST(ReaderPreferringBugTest, Bug44_AParkedReaderIsNotLeftBehindAWriterWhileReadersHold) {
    RawReaderPreferringRwLock raw;
    std::atomic<bool> second_is_done{false};
    std::atomic<bool> first_holds{false};
    raw.lock();
    Threads threads;
    threads.start([&]() {  // this one needs the second before it unlocks
        raw.lock_shared();
        first_holds = true;
        wait_until([&]() { return second_is_done.load(); });
        raw.unlock_shared();
    });
    wait_for_parked(&raw, 1);
    threads.start([&]() { raw.lock(), raw.unlock(); });
    wait_for_parked(&raw, 2);
    threads.start([&]() {
        raw.lock_shared();
        second_is_done = true;
        raw.unlock_shared();
    });
    wait_for_parked(&raw, 3);
    raw.unlock();
    threads.join();
    EXPECT_TRUE(first_holds);
}

TEST(ReaderPreferringBugTest, Bug45_ANestedReadPassesAWaitingWriter) {
    ReaderPreferringRwLock<int> lock{1};
    Threads threads;
    const auto outer = lock.read();  // unlocks before the threads are joined
    threads.start([&]() { *lock.write().operator->() = 2; });
    if constexpr (test::kRwParks<DefaultRawReaderPreferringRwLock>) {
        wait_for_parked(&lock.raw(), 1);
        const auto inner = lock.read();
        EXPECT_EQ(*inner, 1);
    }
}

}  // namespace
}  // namespace parking_lot
