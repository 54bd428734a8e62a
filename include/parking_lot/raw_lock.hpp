// SPDX-License-Identifier: MIT
// Concepts of raw locks: what BasicMutex and BasicRwLock need of the lock they are given.
#pragma once

#include <concepts>
#include <type_traits>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/config.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

namespace detail {

/// The Configuration of locks that have none.
struct NoConfiguration {
    NoConfiguration() = delete;
};

template <class Raw>
struct ConfigurationOf : std::type_identity<NoConfiguration> {};
template <class Raw>
    requires requires { typename Raw::Configuration; }
struct ConfigurationOf<Raw> : std::type_identity<typename Raw::Configuration> {};

}  // namespace detail

/// What the constructors of a typed lock take first, for the raw lock in it.
template <class Raw>
using RawConfiguration = typename detail::ConfigurationOf<Raw>::type;

/// A lock without data: the standard's Lockable, and constructible at compile time or run time, by
/// default or from its configuration. Anything that satisfies it can be wrapped as
/// BasicMutex<Raw, T>.
template <class Raw>
concept RawLockable =
    (std::default_initializable<Raw> || std::constructible_from<Raw, RawConfiguration<Raw>>) &&
    requires(Raw& raw) {
        raw.lock();
        { raw.try_lock() } -> std::same_as<bool>;
        raw.unlock();
    };

/// A raw lock that is told something where it is constructed, such as a name.
template <class Raw>
concept RawConfigurable = RawLockable<Raw> && std::constructible_from<Raw, RawConfiguration<Raw>>;

/// A raw lock that can give up at a Deadline.
template <class Raw>
concept RawTimedLockable = RawLockable<Raw> && requires(Raw& raw, Deadline deadline) {
    { raw.try_lock_until(deadline) } -> std::same_as<bool>;
};

/// A raw lock that can hand itself to the thread that waited longest.
template <class Raw>
concept RawFairLockable = RawLockable<Raw> && requires(Raw& raw) {
    raw.unlock_fair();
    raw.bump();
};

/// A raw lock whose holder can wait until a predicate holds: `await(limit, predicate)`, where the
/// limit is a Deadline or, if there are such things, a std::stop_token, as RawMutex has it. An
/// RwLock also has await_shared, and await_upgradable if there is that mode. `Awaits` is the lock
/// itself: a class derived from such a lock does not inherit the promise, as it may do more in its
/// own lock() and unlock().
template <class Raw>
concept RawAwaitable = RawLockable<Raw> && std::same_as<typename Raw::Awaits, Raw> &&
                       requires(Raw& raw, Deadline deadline, bool (*predicate)()) {
                           { raw.await(deadline, predicate) } -> std::same_as<bool>;
                       };

/// A raw lock that can tell whether it is locked (by any thread; out of date when it returns).
template <class Raw>
concept RawInspectable = RawLockable<Raw> && requires(const Raw& raw) {
    { raw.is_locked() } -> std::same_as<bool>;
};

/// A raw lock that the thread which holds it may lock again.
template <class Raw>
concept RawReentrantLockable = RawLockable<Raw> && requires(const Raw& raw) {
    { raw.is_owned_by_current_thread() } -> std::same_as<bool>;
};

/// A raw lock that many readers can hold at once: the standard's SharedLockable. Anything that
/// satisfies it can be wrapped as BasicRwLock<Raw, T>.
template <class Raw>
concept RawSharedLockable = RawLockable<Raw> && requires(Raw& raw) {
    raw.lock_shared();
    { raw.try_lock_shared() } -> std::same_as<bool>;
    raw.unlock_shared();
};

/// A raw lock whose readers can give up at a Deadline.
template <class Raw>
concept RawSharedTimedLockable =
    RawSharedLockable<Raw> && RawTimedLockable<Raw> && requires(Raw& raw, Deadline deadline) {
        { raw.try_lock_shared_until(deadline) } -> std::same_as<bool>;
    };

/// A raw lock whose readers can let waiting writers go first.
template <class Raw>
concept RawSharedFairLockable = RawSharedLockable<Raw> && requires(Raw& raw) {
    raw.unlock_shared_fair();
    raw.bump_shared();
};

/// A raw lock that can go from writing to reading without unlocking.
template <class Raw>
concept RawDowngradable = RawSharedLockable<Raw> && requires(Raw& raw) { raw.downgrade(); };

/// A raw lock of which one reader at a time may become the writer.
template <class Raw>
concept RawUpgradable = RawDowngradable<Raw> && requires(Raw& raw) {
    raw.lock_upgradable();
    { raw.try_lock_upgradable() } -> std::same_as<bool>;
    raw.unlock_upgradable();
    raw.upgrade();
    { raw.try_upgrade() } -> std::same_as<bool>;
    raw.downgrade_to_upgradable();
    raw.downgrade_upgradable();
};

/// A raw lock whose upgradable reader can give up at a Deadline.
template <class Raw>
concept RawUpgradableTimed = RawUpgradable<Raw> && requires(Raw& raw, Deadline deadline) {
    { raw.try_lock_upgradable_until(deadline) } -> std::same_as<bool>;
    { raw.try_upgrade_until(deadline) } -> std::same_as<bool>;
};

/// A raw lock whose upgradable reader can let waiting threads go first.
template <class Raw>
concept RawUpgradableFair = RawUpgradable<Raw> && requires(Raw& raw) {
    raw.unlock_upgradable_fair();
    raw.bump_upgradable();
};

#if PARKING_LOT_HAS_STOP_TOKEN
/// A raw lock whose wait can be ended by a stop request.
template <class Raw>
concept RawStoppable = RawLockable<Raw> && requires(Raw& raw, std::stop_token stop) {
    { raw.lock(stop) } -> std::same_as<bool>;
};

/// A raw lock whose waiting readers can be ended by a stop request.
template <class Raw>
concept RawSharedStoppable =
    RawSharedLockable<Raw> && RawStoppable<Raw> && requires(Raw& raw, std::stop_token stop) {
        { raw.lock_shared(stop) } -> std::same_as<bool>;
    };

/// A raw lock whose waiting upgradable readers can be ended by a stop request.
template <class Raw>
concept RawUpgradableStoppable = RawUpgradable<Raw> && requires(Raw& raw, std::stop_token stop) {
    { raw.lock_upgradable(stop) } -> std::same_as<bool>;
    { raw.upgrade(stop) } -> std::same_as<bool>;
};
#endif

}  // namespace parking_lot::inline PARKING_LOT_ABI
