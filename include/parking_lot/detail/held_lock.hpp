// SPDX-License-Identifier: MIT
// HeldLock: what a condition variable needs of the many kinds of guards.
#pragma once

#include <mutex>
#include <type_traits>

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/guard.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A lock that the calling thread holds, and how to release it and take it again.
template <class Raw, class LockMode>
struct HeldLock {
    using RawType = Raw;
    using Mode = LockMode;

    /// Gives up the lock. Of a reentrant one that is one level: with more, nobody else could
    /// notify.
    void unlock() const {
        if constexpr (requires { raw.depth(); }) {
            check(raw.depth() == 1, "wait with a reentrant mutex that is locked more than once",
                  "parking_lot::ReentrantMutex", &raw);
        }
        Mode::unlock(raw);
    }
    void lock() const { Mode::lock(raw); }

    Raw& raw;
};

/// The lock that `guard` holds: any guard of this library, plain, mapped or owning.
template <class LockPointer, class Mode, class T>
[[nodiscard]] auto held_by(Guard<LockPointer, Mode, T>& guard) noexcept {
    return HeldLock<std::remove_reference_t<decltype(guard.raw())>, Mode>{guard.raw()};
}

/// The lock that a std::unique_lock holds.
template <class Raw>
[[nodiscard]] auto held_by(std::unique_lock<Raw>& lock) noexcept {
    check(lock.owns_lock(), "use of an empty guard", "std::unique_lock", &lock);
    return HeldLock<Raw, ExclusiveMode>{*lock.mutex()};
}

/// Anything else that can be unlocked and locked.
template <class Lock>
    requires requires(Lock& lock) {
        lock.lock();
        lock.unlock();
    }
[[nodiscard]] auto held_by(Lock& lock) noexcept {
    return HeldLock<Lock, ExclusiveMode>{lock};
}

/// What a condition variable can wait with.
template <class Lock>
concept Waitable = requires(Lock& lock) { held_by(lock); };

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
