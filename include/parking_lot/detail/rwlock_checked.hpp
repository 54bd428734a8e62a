// SPDX-License-Identifier: MIT
// RwOwnerCheck: in checked builds, reports the misuse of a raw RwLock and aborts.
#pragma once

#include "parking_lot/detail/checked.hpp"

#if PARKING_LOT_CHECKED
#include <algorithm>
#include <array>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

#if PARKING_LOT_CHECKED

/// The locks that this thread has locked for reading: the first few, which is enough to find
/// mistakes. Trivial, so that it works in thread-local destructors too.
class SharedHoldings {
  public:
    [[nodiscard]] bool contain(const void* lock) const noexcept {
        return std::find(locks_.begin(), locks_.end(), lock) != locks_.end();
    }

    void add(const void* lock) noexcept { replace(nullptr, lock); }
    void remove(const void* lock) noexcept { replace(lock, nullptr); }

  private:
    void replace(const void* from, const void* to) noexcept {
        auto* const end = locks_.data() + locks_.size();
        auto* const place = std::find(locks_.data(), end, from);
        if (place != end) *place = to;
    }

    std::array<const void*, 32> locks_{};
};

/// Hidden: one that modules share would keep them from being unloaded.
PARKING_LOT_HIDDEN inline thread_local constinit SharedHoldings shared_holdings{};

/// Remembers which thread owns a lock exclusively, and, with the thread, what it reads. As in
/// OwnerCheck, the holder is the thread that locked, even if it gave its guard away.
class RwOwnerCheck {
  public:
    constexpr RwOwnerCheck() noexcept = default;

    /// Before a wait without a limit: for writing, upgradable reading or upgrading. `is_read() ->
    /// bool`, `is_upgradable() -> bool`: whether the lock is held so, by any thread.
    template <class IsRead, class IsUpgradable>
    void before_wait(IsRead&& is_read, IsUpgradable&& is_upgradable, const void* lock,
                     const char* type) const noexcept {
        owner_.before_wait(lock, type);
        check(!holds(lock, is_read) && !holds(upgradable(lock), is_upgradable),
              "self-deadlock: this thread reads what it wants to lock", type, lock);
    }
    template <class IsRead>
    void before_upgrade(IsRead&& is_read, const void* lock, const char* type) const noexcept {
        check(!holds(lock, is_read),
              "self-deadlock: this thread also reads what it wants to upgrade", type, lock);
    }
    /// `passes_writers`: recursive reads cannot deadlock.
    template <class IsRead>
    void before_lock_shared(IsRead&& is_read, const void* lock, const char* type,
                            bool passes_writers) const noexcept {
        owner_.before_wait(lock, type);
        check(passes_writers || !holds(lock, is_read),
              "recursive read: deadlocks when a writer comes in between", type, lock);
    }

    void acquired() noexcept { owner_.acquired(); }
    void acquired_shared(const void* lock) noexcept { shared_holdings.add(lock); }
    void acquired_upgradable(const void* lock) noexcept { shared_holdings.add(upgradable(lock)); }

    /// Each with `is_held() -> bool`: whether the lock is held in that mode, by any thread.
    template <class IsHeld>
    void before_unlock(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        check(is_held(), "unlock of a lock that is not locked exclusively", type, lock);
        owner_.released();
    }
    template <class IsHeld>
    void before_unlock_shared(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        check(is_held(), "unlock_shared of a lock that nobody reads", type, lock);
        shared_holdings.remove(lock);
    }
    template <class IsHeld>
    void before_unlock_upgradable(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        check(is_held(), "unlock_upgradable of a lock that is not locked so", type, lock);
        shared_holdings.remove(upgradable(lock));
    }

  private:
    /// What stands for an upgradable read lock in shared_holdings.
    static const void* upgradable(const void* lock) noexcept {
        return static_cast<const char*>(lock) + 1;
    }

    /// Whether this thread holds what `entry` stands for. Not if nobody does: then it gave its
    /// guard to a thread that has unlocked meanwhile, and which could not strike out the entry.
    template <class IsHeld>
    static bool holds(const void* entry, IsHeld&& is_held) noexcept {
        if (!shared_holdings.contain(entry)) return false;
        if (is_held()) return true;
        while (shared_holdings.contain(entry)) shared_holdings.remove(entry);
        return false;
    }

    OwnerCheck owner_;
};

#else

/// Empty in unchecked builds: no size, no code.
class RwOwnerCheck {
  public:
    template <class IsRead, class IsUpgradable>
    void before_wait(IsRead&&, IsUpgradable&&, const void*, const char*) const noexcept {}
    template <class IsRead>
    void before_upgrade(IsRead&&, const void*, const char*) const noexcept {}
    template <class IsRead>
    void before_lock_shared(IsRead&&, const void*, const char*, bool) const noexcept {}
    void acquired() noexcept {}
    void acquired_shared(const void*) noexcept {}
    void acquired_upgradable(const void*) noexcept {}
    template <class IsHeld>
    void before_unlock(IsHeld&&, const void*, const char*) noexcept {}
    template <class IsHeld>
    void before_unlock_shared(IsHeld&&, const void*, const char*) noexcept {}
    template <class IsHeld>
    void before_unlock_upgradable(IsHeld&&, const void*, const char*) noexcept {}
};

#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
