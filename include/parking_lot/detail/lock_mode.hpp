// SPDX-License-Identifier: MIT
// Lock modes: how a guard, or a function for any guard, locks and unlocks a raw lock.
#pragma once

#include <utility>

#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// One thread at a time: mutexes, and RwLocks for writing.
struct ExclusiveMode {
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void lock(Raw& raw) {
        raw.lock();
    }
    template <class Raw>
    [[nodiscard]] static bool try_lock(Raw& raw) {
        return raw.try_lock();
    }
    template <RawTimedLockable Raw>
    [[nodiscard]] static bool try_lock_until(Raw& raw, Deadline deadline) {
        return raw.try_lock_until(deadline);
    }
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock(Raw& raw) {
        raw.unlock();
    }
    template <RawFairLockable Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock_fair(Raw& raw) {
        raw.unlock_fair();
    }
    template <RawFairLockable Raw>
    PARKING_LOT_NO_ANALYSIS static void bump(Raw& raw) {
        raw.bump();
    }
    template <RawDowngradable Raw>
    PARKING_LOT_NO_ANALYSIS static void downgrade(Raw& raw) {
        raw.downgrade();
    }
    template <RawUpgradable Raw>
    PARKING_LOT_NO_ANALYSIS static void downgrade_to_upgradable(Raw& raw) {
        raw.downgrade_to_upgradable();
    }
    template <class Raw, class Limit, class Predicate>
    [[nodiscard]] static auto await(Raw& raw, const Limit& limit, Predicate predicate)
        -> decltype(raw.await(limit, std::move(predicate))) {
        return raw.await(limit, std::move(predicate));
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    template <RawStoppable Raw>
    [[nodiscard]] static bool lock(Raw& raw, std::stop_token stop) {
        return raw.lock(std::move(stop));
    }
#endif
};

/// RwLocks for reading, together with other readers.
struct SharedMode {
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void lock(Raw& raw) {
        raw.lock_shared();
    }
    template <class Raw>
    [[nodiscard]] static bool try_lock(Raw& raw) {
        return raw.try_lock_shared();
    }
    template <RawSharedTimedLockable Raw>
    [[nodiscard]] static bool try_lock_until(Raw& raw, Deadline deadline) {
        return raw.try_lock_shared_until(deadline);
    }
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock(Raw& raw) {
        raw.unlock_shared();
    }
    template <RawSharedFairLockable Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock_fair(Raw& raw) {
        raw.unlock_shared_fair();
    }
    template <RawSharedFairLockable Raw>
    PARKING_LOT_NO_ANALYSIS static void bump(Raw& raw) {
        raw.bump_shared();
    }
    template <class Raw, class Limit, class Predicate>
    [[nodiscard]] static auto await(Raw& raw, const Limit& limit, Predicate predicate)
        -> decltype(raw.await_shared(limit, std::move(predicate))) {
        return raw.await_shared(limit, std::move(predicate));
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    template <RawSharedStoppable Raw>
    [[nodiscard]] static bool lock(Raw& raw, std::stop_token stop) {
        return raw.lock_shared(std::move(stop));
    }
#endif
};

/// RwLocks for reading, together with plain readers, and with the right to write later.
struct UpgradableMode {
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void lock(Raw& raw) {
        raw.lock_upgradable();
    }
    template <class Raw>
    [[nodiscard]] static bool try_lock(Raw& raw) {
        return raw.try_lock_upgradable();
    }
    template <RawUpgradableTimed Raw>
    [[nodiscard]] static bool try_lock_until(Raw& raw, Deadline deadline) {
        return raw.try_lock_upgradable_until(deadline);
    }
    template <class Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock(Raw& raw) {
        raw.unlock_upgradable();
    }
    template <RawUpgradableFair Raw>
    PARKING_LOT_NO_ANALYSIS static void unlock_fair(Raw& raw) {
        raw.unlock_upgradable_fair();
    }
    template <RawUpgradableFair Raw>
    PARKING_LOT_NO_ANALYSIS static void bump(Raw& raw) {
        raw.bump_upgradable();
    }
    template <RawUpgradable Raw>
    PARKING_LOT_NO_ANALYSIS static void downgrade(Raw& raw) {
        raw.downgrade_upgradable();
    }
    template <RawUpgradable Raw>
    PARKING_LOT_NO_ANALYSIS static void upgrade(Raw& raw) {
        raw.upgrade();
    }
    template <class Raw, class Limit, class Predicate>
    [[nodiscard]] static auto await(Raw& raw, const Limit& limit, Predicate predicate)
        -> decltype(raw.await_upgradable(limit, std::move(predicate))) {
        return raw.await_upgradable(limit, std::move(predicate));
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    template <RawUpgradableStoppable Raw>
    [[nodiscard]] static bool lock(Raw& raw, std::stop_token stop) {
        return raw.lock_upgradable(std::move(stop));
    }
#endif
};

/// Whether `Raw` can be unlocked from `Mode` in favour of those who wait.
template <class Mode, class Raw>
concept FairMode = requires(Raw& raw) {
    Mode::unlock_fair(raw);
    Mode::bump(raw);
};

/// Whether `Raw` can go from `Mode` to reading.
template <class Mode, class Raw>
concept DowngradableMode = requires(Raw& raw) { Mode::downgrade(raw); };

/// Whether a wait for `Raw` in `Mode` can give up at a Deadline.
template <class Mode, class Raw>
concept TimedMode = requires(Raw& raw, Deadline deadline) { Mode::try_lock_until(raw, deadline); };

/// A lock and the mode to lock it in, for lock_all().
template <class Lock, class Mode>
struct InMode {
    Lock& lock;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
