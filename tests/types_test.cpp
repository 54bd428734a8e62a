// SPDX-License-Identifier: MIT
// What the standard and this library promise of each type, whatever its values: requirements met,
// constant initialization, no destructor, no copies.
#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <type_traits>

#include "parking_lot/parking_lot.hpp"

namespace parking_lot {
namespace {

using Duration = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

// The standard's named requirements, as concepts.

template <class L>
concept BasicLockable = requires(L lock) {
    { lock.lock() } -> std::same_as<void>;
    { lock.unlock() } -> std::same_as<void>;
};
template <class L>
concept Lockable = BasicLockable<L> && requires(L lock) {
    { lock.try_lock() } -> std::same_as<bool>;
};
template <class L>
concept TimedLockable =
    Lockable<L> && requires(L lock, Duration duration, SteadyTime steady, SystemTime system) {
        { lock.try_lock_for(duration) } -> std::same_as<bool>;
        { lock.try_lock_until(steady) } -> std::same_as<bool>;
        { lock.try_lock_until(system) } -> std::same_as<bool>;
    };
template <class L>
concept SharedLockable = requires(L lock) {
    { lock.lock_shared() } -> std::same_as<void>;
    { lock.try_lock_shared() } -> std::same_as<bool>;
    { lock.unlock_shared() } -> std::same_as<void>;
};
template <class L>
concept SharedTimedLockable =
    SharedLockable<L> && requires(L lock, Duration duration, SteadyTime steady, SystemTime system) {
        { lock.try_lock_shared_for(duration) } -> std::same_as<bool>;
        { lock.try_lock_shared_until(steady) } -> std::same_as<bool>;
        { lock.try_lock_shared_until(system) } -> std::same_as<bool>;
    };

static_assert(TimedLockable<std::timed_mutex> && !TimedLockable<std::mutex>);
static_assert(SharedTimedLockable<std::shared_timed_mutex> && !SharedLockable<std::mutex>);

static_assert(TimedLockable<RawMutex> && TimedLockable<RawWordMutex>);
static_assert(TimedLockable<RawFairMutex> && TimedLockable<RawFairWordMutex>);
static_assert(TimedLockable<RawReentrantMutex> && TimedLockable<RawStdMutex>);
static_assert(TimedLockable<RawRwLock> && SharedTimedLockable<RawRwLock>);
static_assert(TimedLockable<RawReaderPreferringRwLock> &&
              SharedTimedLockable<RawReaderPreferringRwLock>);
static_assert(TimedLockable<RawWriterPreferringRwLock> &&
              SharedTimedLockable<RawWriterPreferringRwLock>);
static_assert(TimedLockable<RawStdRwLock> && SharedTimedLockable<RawStdRwLock>);

/// Other threads hold its address.
template <class T>
concept StaysInPlace = !std::copy_constructible<T> && !std::move_constructible<T> &&
                       !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;

/// Usable before main, and after the destructors of all static objects. In checked builds locks
/// have a destructor, which does no harm to one that is constant-initialized.
template <class T>
concept Permanent =
    StaysInPlace<T> && (std::is_trivially_destructible_v<T> || PARKING_LOT_CHECKED != 0) &&
    std::is_nothrow_default_constructible_v<T>;

/// What is usable where an exception is not.
template <class L>
concept NeverThrows = requires(L lock, Deadline deadline) {
    { lock.lock() } noexcept;
    { lock.try_lock() } noexcept;
    { lock.try_lock_until(deadline) } noexcept;
    { lock.unlock() } noexcept;
    { lock.unlock_fair() } noexcept;
    { lock.bump() } noexcept;
    { lock.is_locked() } noexcept;
};
template <class L>
concept NeverThrowsShared = requires(L lock, Deadline deadline) {
    { lock.lock_shared() } noexcept;
    { lock.try_lock_shared() } noexcept;
    { lock.try_lock_shared_until(deadline) } noexcept;
    { lock.unlock_shared() } noexcept;
    { lock.lock_upgradable() } noexcept;
    { lock.try_lock_upgradable_until(deadline) } noexcept;
    { lock.unlock_upgradable() } noexcept;
    { lock.upgrade() } noexcept;
    { lock.try_upgrade_until(deadline) } noexcept;
    { lock.downgrade() } noexcept;
    { lock.downgrade_to_upgradable() } noexcept;
    { lock.downgrade_upgradable() } noexcept;
};

static_assert(NeverThrows<RawMutex> && NeverThrows<RawWordMutex>);
static_assert(NeverThrows<RawFairMutex> && NeverThrows<RawFairWordMutex>);
static_assert(NeverThrows<RawRwLock> && NeverThrowsShared<RawRwLock>);
static_assert(NeverThrows<RawReaderPreferringRwLock> &&
              NeverThrowsShared<RawReaderPreferringRwLock>);
static_assert(NeverThrows<RawWriterPreferringRwLock> &&
              NeverThrowsShared<RawWriterPreferringRwLock>);
static_assert(noexcept(RawReentrantMutex{}.lock()) && noexcept(RawReentrantMutex{}.unlock()));

static_assert(Permanent<RawMutex> && Permanent<RawWordMutex>);
static_assert(Permanent<RawFairMutex> && Permanent<RawFairWordMutex>);
static_assert(Permanent<RawRwLock> && Permanent<RawReaderPreferringRwLock>);
static_assert(Permanent<RawWriterPreferringRwLock>);
static_assert(Permanent<RawOnce> && Permanent<RawStdOnce> && Permanent<Once>);
static_assert(Permanent<RawReentrantMutex>);
static_assert(StaysInPlace<RawStdMutex> && StaysInPlace<RawStdRwLock> && StaysInPlace<Condvar>);

static_assert(StaysInPlace<Mutex<int>> && StaysInPlace<FairMutex<int>>);
static_assert(StaysInPlace<RwLock<int>> && StaysInPlace<ReentrantMutex<int>>);
static_assert(StaysInPlace<ReaderPreferringRwLock<int>> &&
              StaysInPlace<WriterPreferringRwLock<int>>);
static_assert(StaysInPlace<OnceCell<int>> && StaysInPlace<Lazy<int>>);
static_assert(!std::is_trivially_destructible_v<Mutex<std::string>>);
#if !PARKING_LOT_USE_STD
static_assert(Permanent<Condvar>);
static_assert(Permanent<Mutex<int>> && Permanent<FairMutex<int>>);
static_assert(Permanent<RwLock<int>> && Permanent<ReentrantMutex<int>>);
#endif
static_assert(PARKING_LOT_CHECKED || std::is_trivially_destructible_v<OnceCell<int>>);
static_assert(PARKING_LOT_CHECKED || std::is_trivially_destructible_v<Lazy<int>>);

// Initialized before the program runs, so that the order of static objects does not matter.

constinit RawMutex raw_mutex;
constinit RawWordMutex raw_word_mutex;
constinit RawFairMutex raw_fair_mutex;
constinit RawFairWordMutex raw_fair_word_mutex;
constinit RawReentrantMutex raw_reentrant_mutex;
constinit RawRwLock raw_rwlock;
constinit RawReaderPreferringRwLock raw_reader_preferring_rwlock;
constinit RawWriterPreferringRwLock raw_writer_preferring_rwlock;
constinit RawOnce raw_once;
constinit Once once;
constinit OnceCell<int> cell;
constinit Lazy lazy{[]() { return 3; }};
#if !PARKING_LOT_USE_STD
constinit Condvar condvar;
constinit Mutex<int> mutex{1};
constinit FairMutex<int> fair_mutex{1};
constinit ReentrantMutex<int> reentrant_mutex{1};
constinit RwLock<int> rwlock{1};
constinit ReaderPreferringRwLock<int> reader_preferring_rwlock{1};
constinit WriterPreferringRwLock<int> writer_preferring_rwlock{1};
#endif

template <class... Raws>
bool all_lock_and_unlock(Raws&... raws) {
    return (... && [&raws]() {
        const std::scoped_lock lock{raws};
        return raws.is_locked();
    }());
}

TEST(TypesTest, constant_initialized_raw_locks_lock) {
    EXPECT_TRUE(all_lock_and_unlock(raw_mutex, raw_word_mutex, raw_fair_mutex, raw_fair_word_mutex,
                                    raw_reentrant_mutex, raw_rwlock, raw_reader_preferring_rwlock,
                                    raw_writer_preferring_rwlock));
}

TEST(TypesTest, constant_initialized_onces_run) {
    int runs = 0;
    once.call_once([&runs]() { ++runs; });
    EXPECT_TRUE(raw_once.begin());
    raw_once.complete();
    EXPECT_TRUE(cell.set(2));
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(*cell.get() + *lazy, 5);
}

#if !PARKING_LOT_USE_STD
TEST(TypesTest, constant_initialized_typed_locks_give_their_data) {
    EXPECT_FALSE(condvar.notify_one());
    const auto guards =
        lock_all(mutex, fair_mutex, reentrant_mutex, rwlock.write_mode(),
                 reader_preferring_rwlock.read_mode(), writer_preferring_rwlock.upgradable_mode());
    EXPECT_EQ(std::apply([](const auto&... guard) { return (*guard + ...); }, guards), 6);
}
#endif

}  // namespace
}  // namespace parking_lot
