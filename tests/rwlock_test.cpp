// SPDX-License-Identifier: MIT
// RwLock<T> and its guards: access, transitions, exceptions, mapping, ownership, lock_all.
#include "parking_lot/rwlock.hpp"

#include <gtest/gtest.h>

#include <any>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "parking_lot/lock_all.hpp"
#include "parking_lot/lock_owned.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

using Text = RwLock<std::string>;

static_assert(std::is_same_v<decltype(std::declval<Text&>().read()), RwLockReadGuard<std::string>>);
static_assert(
    std::is_same_v<decltype(std::declval<const Text&>().read()), RwLockReadGuard<std::string>>);
static_assert(std::is_same_v<decltype(*std::declval<const RwLockReadGuard<std::string>&>()),
                             const std::string&>);
static_assert(
    std::is_same_v<decltype(*std::declval<const RwLockUpgradableReadGuard<std::string>&>()),
                   const std::string&>);
static_assert(
    std::is_same_v<decltype(*std::declval<const RwLockWriteGuard<std::string>&>()), std::string&>);
template <class Lock>
concept Writable = requires(Lock& lock) { lock.write(); };
template <class Lock>
concept UpgradablyReadable = requires(Lock& lock) { lock.upgradable_read(); };
static_assert(Writable<Text> && UpgradablyReadable<Text>);
static_assert(!Writable<const Text> && !UpgradablyReadable<const Text>);
template <class G>
concept Upgrades = requires(G guard) { std::move(guard).upgrade(); };
template <class G>
concept Downgrades = requires(G guard) { std::move(guard).downgrade(); };
static_assert(!Upgrades<Text::ReadGuard> && Upgrades<Text::UpgradableReadGuard> &&
              !Upgrades<Text::WriteGuard>);
static_assert(!Downgrades<Text::ReadGuard> && Downgrades<Text::UpgradableReadGuard> &&
              Downgrades<Text::WriteGuard>);
static_assert(
    !Downgrades<MappedRwLockWriteGuard<int>>);  // its part may be writable in no other mode
static_assert(PARKING_LOT_USE_STD || PARKING_LOT_CHECKED || sizeof(RwLock<int>) == 8);

/// Whether another thread can read, or write, just now.
template <class Lock>
bool can_read(Lock& lock) {
    bool result = false;
    std::thread{[&]() { result = lock.try_read().has_value(); }}.join();
    return result;
}
template <class Lock>
bool can_write(Lock& lock) {
    bool result = false;
    std::thread{[&]() { result = lock.try_write().has_value(); }}.join();
    return result;
}

TEST(RwLockTest, GivesAccessByMode) {
    Text text{std::in_place, std::size_t{3}, 'x'};
    EXPECT_EQ(*text.read().operator->(), "xxx");
    text.write()->push_back('y');
    EXPECT_EQ(text.upgradable_read()->size(), 4u);
    const Text& constant = text;
    EXPECT_EQ(constant.read()->back(), 'y');
    EXPECT_EQ(text.with_read([](const std::string& s) { return s.size(); }), 4u);
    EXPECT_EQ(&text.with_write([](std::string& s) -> std::string& { return s; }), text.data_ptr());
    RwLock<std::any> empty{std::in_place};
    EXPECT_FALSE(empty.get_mut().has_value());
    text.get_mut() = "z";
    EXPECT_EQ(std::move(text).into_inner(), "z");
}

TEST(RwLockTest, TriesAndLimits) {
    Text text;
    {
        const auto writer = text.write();
        EXPECT_TRUE(text.is_locked());
        EXPECT_TRUE(text.is_locked_exclusive());
        std::thread{[&]() {
            EXPECT_FALSE(text.try_read());
            EXPECT_FALSE(text.try_write());
            EXPECT_FALSE(text.try_upgradable_read());
            EXPECT_FALSE(text.try_read_for(1ms));
            EXPECT_FALSE(text.try_write_for(1ms));
            EXPECT_FALSE(text.try_upgradable_read_for(1ms));
            const auto soon = std::chrono::system_clock::now() + 1ms;
            EXPECT_FALSE(text.try_read_until(soon));
            EXPECT_FALSE(text.try_write_until(soon));
            EXPECT_FALSE(text.try_upgradable_read_until(soon));
        }}.join();
    }
    EXPECT_TRUE(text.try_read());
    EXPECT_TRUE(text.try_write());
    EXPECT_TRUE(text.try_upgradable_read());
    EXPECT_TRUE(text.try_read_for(0ms));
    EXPECT_TRUE(text.try_write_for(-1ms));
    EXPECT_TRUE(text.try_upgradable_read_for(std::chrono::hours::max()));
    EXPECT_TRUE(text.try_write_until(std::chrono::steady_clock::time_point::min()));
    EXPECT_FALSE(text.is_locked());
}

TEST(RwLockTest, GuardsChangeTheirMode) {
    RwLock<int> lock{1};
    auto upgradable = lock.upgradable_read();
    EXPECT_TRUE(can_read(lock));
    auto writer = std::move(upgradable).upgrade();
    EXPECT_FALSE(upgradable.owns_lock());
    *writer = 2;
    EXPECT_FALSE(can_read(lock));
    upgradable = std::move(writer).downgrade_to_upgradable();
    EXPECT_FALSE(writer.owns_lock());
    EXPECT_EQ(*upgradable, 2);
    EXPECT_TRUE(can_read(lock));
    EXPECT_EQ(upgradable.with_upgraded([](int& value) { return ++value; }), 3);
    EXPECT_EQ(*upgradable, 3);
    auto reader = std::move(upgradable).downgrade();
    EXPECT_FALSE(can_write(lock));
    reader.unlock();
    reader = lock.write().downgrade();
    EXPECT_TRUE(can_read(lock));
    EXPECT_FALSE(can_write(lock));
    EXPECT_EQ(&reader.rwlock(), &lock);
}

TEST(RwLockTest, AFailedUpgradeLeavesTheGuard) {
    RwLock<int> lock{1};
    auto upgradable = lock.upgradable_read();
    auto* const reader = new std::optional<RwLock<int>::ReadGuard>;
    std::thread{[&]() { reader->emplace(lock.read()); }}.join();
    EXPECT_FALSE(std::move(upgradable).try_upgrade());
    EXPECT_FALSE(std::move(upgradable).try_upgrade_for(1ms));
    EXPECT_FALSE(std::move(upgradable).try_upgrade_until(std::chrono::system_clock::now() + 1ms));
    EXPECT_TRUE(upgradable.owns_lock());
    EXPECT_EQ(*upgradable, 1);
    std::thread{[&]() { delete reader; }}.join();
    const auto writer = std::move(upgradable).try_upgrade();
    ASSERT_TRUE(writer);
    EXPECT_FALSE(can_read(lock));
}

TEST(RwLockTest, ExceptionsLeaveItConsistent) {
    RwLock<int> lock{1};
    const auto fail = [](const int&) -> int { throw std::runtime_error{"fail"}; };
    EXPECT_THROW(lock.with_read(fail), std::runtime_error);
    EXPECT_THROW(lock.with_write(fail), std::runtime_error);
    EXPECT_TRUE(can_write(lock));
    {
        auto upgradable = lock.upgradable_read();
        EXPECT_THROW(upgradable.with_upgraded(fail), std::runtime_error);
        EXPECT_TRUE(can_read(lock));  // upgradable again
        EXPECT_FALSE(can_write(lock));
        EXPECT_THROW(upgradable.unlocked([]() { throw std::runtime_error{"fail"}; }),
                     std::runtime_error);
        EXPECT_FALSE(can_write(lock));
    }
    EXPECT_TRUE(can_write(lock));
    const auto map_fails = [](auto guard) {
        EXPECT_THROW((void)std::move(guard).map([](const int& v) -> const int& {
            return v == 0 ? v : throw std::runtime_error{"fail"};
        }),
                     std::runtime_error);
    };
    map_fails(lock.read());
    map_fails(lock.write());
    map_fails(lock.upgradable_read());
    EXPECT_TRUE(can_write(lock));
}

TEST(RwLockTest, GuardsUnlockEarlyFairlyAndForAWhile) {
    RwLock<int> lock{1};
    const auto check = [&](auto guard) {
        guard.unlocked([&]() { EXPECT_TRUE(can_write(lock)); });
        guard.unlocked_fair([&]() { EXPECT_TRUE(can_write(lock)); });
        guard.bump();
        EXPECT_FALSE(can_write(lock));
        guard.unlock_fair();
        EXPECT_FALSE(guard.owns_lock());
        EXPECT_TRUE(can_write(lock));
    };
    check(lock.read());
    check(lock.write());
    check(lock.upgradable_read());
}

TEST(RwLockTest, GuardsNarrowToAPart) {
    RwLock<std::pair<int, std::string>> lock{std::in_place, 1, "x"};
    {
        MappedRwLockWriteGuard<std::string> part =
            lock.write().map([](auto& pair) -> std::string& { return pair.second; });
        part->push_back('y');
        EXPECT_FALSE(can_read(lock));
    }
    {
        MappedRwLockReadGuard<std::string> part =
            lock.read().map([](const auto& pair) -> const std::string& { return pair.second; });
        EXPECT_EQ(*part, "xy");
        EXPECT_TRUE(can_read(lock));
        EXPECT_FALSE(can_write(lock));
        part.unlock_fair();
        EXPECT_TRUE(can_write(lock));
    }
    auto reader = lock.read();
    EXPECT_FALSE(std::move(reader).try_map([](const auto&) -> const int* { return nullptr; }));
    EXPECT_TRUE(reader.owns_lock());
}

TEST(RwLockTest, LeakedGuardsCanBeTakenUpOrForcedOpen) {
    RwLock<int> lock{1};
    EXPECT_EQ(lock.read().leak(), 1);
    lock.force_unlock_read();
    lock.write().leak() = 2;
    lock.force_unlock_write();
    lock.upgradable_read().leak();
    lock.force_unlock_upgradable_read();
    lock.write().leak();
    lock.force_unlock_write_fair();
    lock.read().leak();
    lock.force_unlock_read_fair();
    lock.write().leak();
    *lock.write(std::adopt_lock).operator->() = 3;
    EXPECT_FALSE(lock.is_locked());
    EXPECT_EQ(lock.get_mut(), 3);
}

TEST(RwLockTest, OwningGuardsKeepTheLockAlive) {
    auto lock = std::make_shared<RwLock<int>>(1);
    const std::weak_ptr<RwLock<int>> watch = lock;
    OwnedRwLockReadGuard<int> reader = read_owned(lock);
    EXPECT_FALSE(try_write_owned(lock));
    EXPECT_TRUE(try_read_owned_for(lock, 1ms));
    EXPECT_FALSE(try_write_owned_until(lock, std::chrono::steady_clock::now() + 1ms));
    OwnedRwLockUpgradableReadGuard<int> upgradable = *try_upgradable_read_owned(lock);
    lock.reset();
    reader.unlock();
    OwnedRwLockWriteGuard<int> writer = std::move(upgradable).upgrade();
    *writer = 2;
    OwnedRwLockReadGuard<int> again = std::move(writer).downgrade();
    EXPECT_EQ(*again, 2);
    MappedOwnedRwLockReadGuard<int> part =
        std::move(again).map([](const int& value) -> const int& { return value; });
    EXPECT_FALSE(watch.expired());
    part.unlock_fair();
    EXPECT_TRUE(watch.expired());
    const auto constant = std::make_shared<const RwLock<int>>(5);
    EXPECT_EQ(*read_owned(constant).operator->(), 5);
}

TEST(RwLockTest, LocksManyAtOnceInAnyMode) {
    Mutex<int> mutex{1};
    RwLock<int> table{2};
    RwLock<int> rules{3};
    RwLock<int> plan{4};
    {
        auto [m, t, r, p] =
            lock_all(mutex, table.write_mode(), rules.read_mode(), plan.upgradable_mode());
        *t = *m + *r + *p;
        EXPECT_FALSE(can_read(table));
        EXPECT_TRUE(can_read(rules));
        EXPECT_FALSE(can_write(rules));
        EXPECT_FALSE(can_write(plan));
        std::thread{[&]() {
            EXPECT_TRUE(try_lock_all(rules.read_mode(), plan.read_mode()));
            EXPECT_FALSE(try_lock_all(rules.read_mode(), mutex));
            EXPECT_FALSE(try_lock_all(plan.upgradable_mode(), rules.read_mode()));
            EXPECT_FALSE(try_lock_all_for(1ms, rules.read_mode(), table.read_mode()));
            EXPECT_FALSE(try_lock_all_until(std::chrono::system_clock::now() + 1ms, mutex));
        }}.join();
        EXPECT_TRUE(can_read(rules));
    }
    EXPECT_EQ(*table.read().operator->(), 8);
    EXPECT_TRUE(try_lock_all_for(1ms, mutex, table.write_mode()));
    EXPECT_FALSE(mutex.is_locked() || table.is_locked() || rules.is_locked() || plan.is_locked());
}

TEST(RwLockTest, LockAllDoesNotDeadlockWhateverTheOrder) {
    RwLock<int> a{0};
    RwLock<int> b{0};
    Mutex<int> c{0};
    test::run_together(4, [&](std::size_t index) {
        for (int i = 0; i < 2000; ++i) {
            if (index == 0) {
                auto [x, y, z] = lock_all(a.write_mode(), b.read_mode(), c);
                ++*x, ++*z;
            } else if (index == 1) {
                auto [z, y, x] = lock_all(c, b.write_mode(), a.read_mode());
                ++*y, ++*z;
            } else if (index == 2) {
                auto [y, x] = lock_all(b.write_mode(), a.upgradable_mode());
                auto writer = std::move(x).upgrade();
                ++*writer, ++*y;
            } else {
                const auto both = try_lock_all(a.read_mode(), b.read_mode());
                (void)both;
            }
        }
    });
    EXPECT_EQ(a.get_mut(), 4000);
    EXPECT_EQ(b.get_mut(), 4000);
    EXPECT_EQ(c.get_mut(), 4000);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST(RwLockTest, AStopRequestEndsTheWait) {
    auto lock = std::make_shared<RwLock<int>>(1);
    std::stop_source stop;
    auto writer = lock->write();
    std::jthread{[&]() {
        stop.request_stop();
        const auto token = stop.get_token();
        EXPECT_FALSE(lock->read(token));
        EXPECT_FALSE(lock->write(token));
        EXPECT_FALSE(lock->upgradable_read(token));
        EXPECT_FALSE(read_owned(lock, token));
        EXPECT_FALSE(write_owned(lock, token));
        EXPECT_FALSE(upgradable_read_owned(lock, token));
        EXPECT_FALSE(lock_all(token, lock->read_mode()));
    }}.join();
    writer.unlock();
    EXPECT_TRUE(lock->read(stop.get_token()));
    EXPECT_TRUE(lock->upgradable_read().downgrade().owns_lock());
    EXPECT_TRUE(lock->upgradable_read().upgrade(stop.get_token()));
}
#endif

}  // namespace
}  // namespace parking_lot
