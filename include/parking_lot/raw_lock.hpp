// SPDX-License-Identifier: MIT
// Concepts of raw locks: what BasicMutex needs of the lock it is given.
#pragma once

#include <concepts>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/config.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// A lock without data: the standard's Lockable, and constructible at compile time or run time.
/// Anything that satisfies it can be wrapped as BasicMutex<Raw, T>.
template <class Raw>
concept RawLockable = std::default_initializable<Raw> && requires(Raw& raw) {
    raw.lock();
    { raw.try_lock() } -> std::same_as<bool>;
    raw.unlock();
};

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

#if PARKING_LOT_HAS_STOP_TOKEN
/// A raw lock whose wait can be ended by a stop request.
template <class Raw>
concept RawStoppable = RawLockable<Raw> && requires(Raw& raw, std::stop_token stop) {
    { raw.lock(stop) } -> std::same_as<bool>;
};
#endif

}  // namespace parking_lot::inline PARKING_LOT_ABI
