// SPDX-License-Identifier: MIT
// LockCheck, RwLockCheck and OnceCheck: where raw locks say what is done with them, for checks and
// for tools.
#pragma once

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/lock_order.hpp"
#include "parking_lot/detail/lock_watch.hpp"
#include "parking_lot/detail/rwlock_checked.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// OwnerCheck, LockOrder and LockWatch in one. acquired_by_try is for locks gained by functions
/// that may give up, at once or at a limit.
class LockCheck {
  public:
    constexpr LockCheck(const void* lock, const char* type, Origin origin) noexcept
        : watch_{lock, type, origin} {}

    constexpr void set_origin(Origin origin) noexcept { watch_.set_origin(origin); }

    void before_wait(const void* lock, const char* type) noexcept {
        owner_.before_wait(lock, type);
        watch_.before_wait(HoldMode::Exclusive);
        order_.before_wait();
    }
    /// Before a wait for something else, after which this lock is to be locked again.
    void before_relock() noexcept {
        watch_.before_wait(HoldMode::Exclusive, /*passes_writers=*/false, /*until_moved=*/true);
    }
    void acquired() noexcept {
        owner_.acquired();
        watch_.acquired(HoldMode::Exclusive);
        order_.acquired();
    }
    void acquired_by_try() noexcept {
        owner_.acquired();
        watch_.acquired_by_try(HoldMode::Exclusive);
        order_.acquired_by_try();
    }
    template <class Lock>
    void before_unlock(const Lock& lock, const char* type) noexcept {
        owner_.before_unlock(lock, type);
        watch_.before_unlock(HoldMode::Exclusive);
        order_.before_unlock();
    }
    void before_destruction(bool is_locked, bool is_waited_for) const noexcept {
        watch_.before_destruction(is_locked, is_waited_for);
    }

  private:
    [[no_unique_address]] OwnerCheck owner_;
    [[no_unique_address]] LockOrder order_;
    [[no_unique_address]] LockWatch watch_;
};

/// RwOwnerCheck, LockOrder and LockWatch in one. Between modes a lock changes hands as by unlock
/// and try_lock: that makes no order.
class RwLockCheck {
  public:
    constexpr RwLockCheck(const void* lock, const char* type, Origin origin) noexcept
        : watch_{lock, type, origin} {}

    constexpr void set_origin(Origin origin) noexcept { watch_.set_origin(origin); }

    template <class IsRead, class IsUpgradable>
    void before_wait(IsRead&& is_read, IsUpgradable&& is_upgradable, const void* lock,
                     const char* type) const noexcept {
        owner_.before_wait(by_this_thread(is_read, HoldMode::Shared),
                           by_this_thread(is_upgradable, HoldMode::Upgradable), lock, type);
        order_.before_wait();
    }
    template <class IsRead>
    void before_upgrade(IsRead&& is_read, const void* lock, const char* type) const noexcept {
        owner_.before_upgrade(by_this_thread(is_read, HoldMode::Shared), lock, type);
    }
    template <class IsRead>
    void before_lock_shared(IsRead&& is_read, const void* lock, const char* type,
                            bool passes_writers) const noexcept {
        owner_.before_lock_shared(by_this_thread(is_read, HoldMode::Shared), lock, type,
                                  passes_writers);
        if (!passes_writers) order_.before_wait();
    }
    /// After these, where the wait begins.
    void waits(HoldMode mode, bool passes_writers) noexcept {
        watch_.before_wait(mode, passes_writers);
    }
    /// Before a wait for something else, after which this lock is to be locked again.
    void before_relock(HoldMode mode, bool passes_writers) noexcept {
        watch_.before_wait(mode, passes_writers, /*until_moved=*/true);
    }

    void acquired() noexcept {
        owner_.acquired();
        watch_.acquired(HoldMode::Exclusive);
        order_.acquired();
    }
    /// Reads that pass writers make no order: see LockWatch.
    void acquired_shared(const void* lock, bool passes_writers) noexcept {
        if (passes_writers) {
            acquired_shared_by_try(lock, passes_writers);
            return;
        }
        owner_.acquired_shared(lock);
        watch_.acquired(HoldMode::Shared);
        order_.acquired();
    }
    void acquired_upgradable(const void* lock) noexcept {
        owner_.acquired_upgradable(lock);
        watch_.acquired(HoldMode::Upgradable);
        order_.acquired();
    }

    void acquired_by_try() noexcept {
        owner_.acquired();
        watch_.acquired_by_try(HoldMode::Exclusive);
        order_.acquired_by_try();
    }
    void acquired_shared_by_try(const void* lock, bool passes_writers = false) noexcept {
        owner_.acquired_shared(lock);
        watch_.acquired_by_try(HoldMode::Shared, passes_writers);
        order_.acquired_by_try();
    }
    void acquired_upgradable_by_try(const void* lock) noexcept {
        owner_.acquired_upgradable(lock);
        watch_.acquired_by_try(HoldMode::Upgradable);
        order_.acquired_by_try();
    }

    template <class IsHeld>
    void before_unlock(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        owner_.before_unlock(is_held, lock, type);
        watch_.before_unlock(HoldMode::Exclusive);
        order_.before_unlock();
    }
    template <class IsHeld>
    void before_unlock_shared(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        owner_.before_unlock_shared(is_held, lock, type);
        watch_.before_unlock(HoldMode::Shared);
        order_.before_unlock();
    }
    template <class IsHeld>
    void before_unlock_upgradable(IsHeld&& is_held, const void* lock, const char* type) noexcept {
        owner_.before_unlock_upgradable(is_held, lock, type);
        watch_.before_unlock(HoldMode::Upgradable);
        order_.before_unlock();
    }
    void before_destruction(bool is_locked, bool is_waited_for) const noexcept {
        watch_.before_destruction(is_locked, is_waited_for);
    }

  private:
    /// `is_held`, and by the calling thread: its guard may have gone to another, and been unlocked.
    template <class IsHeld>
    auto by_this_thread(IsHeld& is_held, HoldMode mode) const noexcept {
        return [&, mode]() { return is_held() && watch_.is_held_by_this_thread(mode); };
    }

    [[no_unique_address]] RwOwnerCheck owner_;
    [[no_unique_address]] LockOrder order_;
    [[no_unique_address]] LockWatch watch_;
};

/// OwnerCheck and LockWatch of a once, which the thread holds that does its work.
class OnceCheck {
  public:
    /// `once` may be null while it is done.
    constexpr OnceCheck(const void* once, const char* type, Origin origin) noexcept
        : watch_{once, type, origin} {}

    constexpr void set_origin(Origin origin) noexcept { watch_.set_origin(origin); }
    /// Of one that is new again: nobody else uses it. Those who waited while it was being completed
    /// may have made orders since.
    void before_reset(const void* once) noexcept {
        watch_.set_address(once);
        watch_.forget();
    }
    void before_destruction(bool is_running, bool is_waited_for) const noexcept {
        watch_.before_destruction(is_running, is_waited_for, "destruction of a once in progress");
    }

    void before_wait(const void* once, const char* type) noexcept {
        owner_.before_wait(once, type, "self-deadlock: a once waits for itself");
        watch_.before_wait(HoldMode::Exclusive);
    }
    /// After a wait that ended because the work is done.
    void after_wait() noexcept { watch_.after_wait(); }

    void begun() noexcept {
        owner_.acquired();
        watch_.acquired(HoldMode::Exclusive);
    }
    void begun_by_try() noexcept {
        owner_.acquired();
        watch_.acquired_by_try(HoldMode::Exclusive);
    }
    void before_end() noexcept {
        owner_.released();
        watch_.before_unlock(HoldMode::Exclusive);
    }
    void before_completion() noexcept {
        before_end();
        watch_.forget();
    }

  private:
    [[no_unique_address]] OwnerCheck owner_;
    [[no_unique_address]] LockWatch watch_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
