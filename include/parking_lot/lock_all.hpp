// SPDX-License-Identifier: MIT
// lock_all: locks several mutexes at once without deadlock.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <thread>
#include <tuple>

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/mutex.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A raw lock of any type, to lock in a loop.
struct AnyLock {
    template <RawLockable Raw>
    static AnyLock of(Raw& raw) noexcept {
        return {&raw, [](void* it) { static_cast<Raw*>(it)->lock(); },
                [](void* it) { return static_cast<Raw*>(it)->try_lock(); },
                [](void* it) { static_cast<Raw*>(it)->unlock(); }};
    }

    void* address;
    void (*lock)(void*);
    bool (*try_lock)(void*);
    void (*unlock)(void*);
};

/// Tries all locks but the one at `held`, in order after it. Returns `held` when all are locked;
/// otherwise the index of the one that was not free, with every lock (also `held`) released; so
/// also when a user's try_lock() throws.
template <std::size_t kCount>
std::size_t lock_rest(const std::array<AnyLock, kCount>& locks, std::size_t held) {
    std::size_t locked = 1;  // from `held` on
    const OnScopeExit release_unless_all{[&]() {
        if (locked == kCount) return;
        for (std::size_t i = 0; i < locked; ++i) {
            const AnyLock& lock = locks[(held + i) % kCount];
            lock.unlock(lock.address);
        }
    }};
    for (; locked < kCount; ++locked) {
        const std::size_t index = (held + locked) % kCount;
        if (!locks[index].try_lock(locks[index].address)) return index;
    }
    return held;
}

/// Sleeps only while holding none of the locks, on the one that was not free last time: so no cycle
/// of waiting threads can form, and each retry follows another thread's progress.
template <std::size_t kCount>
void lock_each(const std::array<AnyLock, kCount>& locks) {
    for (std::size_t i = 0; i < kCount; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            check(locks[i].address != locks[j].address, "lock_all was given one lock twice",
                  "parking_lot::BasicMutex", locks[i].address);
        }
    }
    for (std::size_t first = 0;;) {
        locks[first].lock(locks[first].address);
        const std::size_t busy = lock_rest(locks, first);
        if (busy == first) return;
        first = busy;
        std::this_thread::yield();  // lets a holder finish before this thread queues behind it
    }
}

}  // namespace detail

/// Locks all given mutexes and returns their guards as a tuple, in the order of the arguments.
///
/// Never deadlocks, whatever the order at other call sites, and also against threads that lock some
/// of the mutexes one by one: it holds nothing while it sleeps. Mutexes of different types may be
/// mixed; const ones give const access. Giving one mutex twice is an error (reported in checked
/// builds).
/// ~~~
/// auto [from, to] = parking_lot::lock_all(accounts[a], accounts[b]);
/// ~~~
template <class... Mutexes>
    requires(detail::TypedLock<Mutexes> && ...)
[[nodiscard]] auto lock_all(Mutexes&... mutexes) {
    if constexpr (sizeof...(Mutexes) > 0) {
        detail::lock_each(std::array{detail::AnyLock::of(mutexes.raw())...});
    }
    return std::tuple<decltype(mutexes.lock(std::adopt_lock))...>{mutexes.lock(std::adopt_lock)...};
}

}  // namespace parking_lot::inline PARKING_LOT_ABI
