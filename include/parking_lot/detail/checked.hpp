// SPDX-License-Identifier: MIT
// OwnerCheck: in checked builds, reports the misuse of a raw lock and aborts.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/elf_config_guard.hpp"

#if PARKING_LOT_CHECKED
#include <atomic>

#include "parking_lot/detail/thread_id.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Prints "parking_lot: <problem> (<type> at <address>)" and aborts.
[[noreturn]] PARKING_LOT_COLD inline void report_misuse(const char* problem, const char* type,
                                                        const void* lock) noexcept {
    std::fprintf(stderr, "parking_lot: %s (%s at %p)\n", problem, type, lock);
    std::fflush(stderr);
    std::abort();
}

#if PARKING_LOT_CHECKED

/// Remembers which thread owns a lock, to catch what would otherwise hang or corrupt silently.
/// The owner is the thread that locked: one that gave its guard away and locks again, which is
/// legal if another thread unlocks meanwhile, is reported all the same.
class OwnerCheck {
  public:
    constexpr OwnerCheck() noexcept = default;

    /// Before a wait without a limit. relaxed: only this thread stores its own id.
    void before_wait(
        const void* lock, const char* type,
        const char* problem =
            "self-deadlock: this thread holds the lock it wants to lock") const noexcept {
        if (owner_.load(std::memory_order_relaxed) == this_thread_id()) {
            report_misuse(problem, type, lock);
        }
    }

    void acquired() noexcept { owner_.store(this_thread_id(), std::memory_order_relaxed); }

    template <class Lock>
    void before_unlock(const Lock& lock, const char* type) noexcept {
        if (!lock.is_locked()) report_misuse("unlock of an unlocked lock", type, &lock);
        released();
    }

    void released() noexcept { owner_.store(kNoThread, std::memory_order_relaxed); }

  private:
    std::atomic<ThreadId> owner_{kNoThread};
};

/// Aborts with `problem` unless `holds`.
inline void check(bool holds, const char* problem, const char* type, const void* lock) noexcept {
    if (!holds) report_misuse(problem, type, lock);
}

#else

/// Empty in unchecked builds: no size, no code.
class OwnerCheck {
  public:
    void before_wait(const void*, const char*, const char* = nullptr) const noexcept {}
    void acquired() noexcept {}
    void released() noexcept {}
    template <class Lock>
    void before_unlock(const Lock&, const char*) noexcept {}
};

inline void check(bool, const char*, const char*, const void*) noexcept {}

#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
