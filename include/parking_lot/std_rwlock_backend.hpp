// SPDX-License-Identifier: MIT
// RawStdRwLock: std::shared_mutex with the interface of RawRwLock, for comparing the two.
#pragma once

#include <atomic>
#include <chrono>
#include <shared_mutex>
#include <thread>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/rwlock_checked.hpp"
#include "parking_lot/detail/std_poll.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// std::shared_mutex behind the interface of RawRwLock: the other side of the A/B switch.
///
/// What std::shared_mutex lacks is made up for, not matched. Timed and stoppable waits poll,
/// sleeping for up to a millisecond between tries. The unlock_fair functions are the plain ones.
/// Upgradable reading is shared reading plus a flag, and is polled for, too. To change its mode a
/// thread unlocks and locks again, with `changing_` raised meanwhile: writers and upgradable
/// readers that get the lock then give it back, so that nothing changes in between.
class PARKING_LOT_CAPABILITY RawStdRwLock {
    using enum std::memory_order;

    // Questions for check_, before their first use, as their types are deduced.
    [[nodiscard]] auto is_read() const noexcept {
        return [this]() noexcept { return readers_.load(relaxed) != 0; };
    }
    [[nodiscard]] auto is_upgradable() const noexcept {
        return [this]() noexcept { return upgradable_.load(relaxed); };
    }

  public:
    RawStdRwLock() = default;
    RawStdRwLock(const RawStdRwLock&) = delete;
    RawStdRwLock& operator=(const RawStdRwLock&) = delete;

    // Exclusive mode.

    PARKING_LOT_ACQUIRE void lock() {
        check_.before_wait(is_read(), is_upgradable(), this, kName);
        for (mutex_.lock(); is_changing(); mutex_.lock()) {
            mutex_.unlock();
            std::this_thread::yield();
        }
        wrote();
    }

    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() {
        // Asked first, as std::shared_mutex leaves try_lock by an owner undefined.
        if (is_locked() || !mutex_.try_lock()) return false;
        if (is_changing()) {
            mutex_.unlock();
            return false;
        }
        wrote();
        return true;
    }

    PARKING_LOT_RELEASE void unlock() {
        check_.before_unlock([this]() { return is_locked_exclusive(); }, this, kName);
        writing_.store(false, relaxed);
        mutex_.unlock();
    }

    /// As unlock(): std::shared_mutex cannot choose who is next.
    PARKING_LOT_RELEASE void unlock_fair() { unlock(); }

    PARKING_LOT_NO_ANALYSIS void bump() {
        unlock();
        lock();
    }

    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade() {
        check_.before_unlock([this]() { return is_locked_exclusive(); }, this, kName);
        exclusive_to_shared();
        began_to_read();
    }

    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade_to_upgradable() {
        check_.before_unlock([this]() { return is_locked_exclusive(); }, this, kName);
        upgradable_.store(true, relaxed);  // nobody has it beside a writer
        exclusive_to_shared();
        check_.acquired_upgradable(this);
    }

    // Shared mode.

    PARKING_LOT_ACQUIRE_SHARED void lock_shared() {
        check_.before_lock_shared(is_read(), this, kName, /*passes_writers=*/false);
        mutex_.lock_shared();
        began_to_read();
    }

    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared() {
        if (is_locked_exclusive() || !mutex_.try_lock_shared()) return false;
        began_to_read();
        return true;
    }

    PARKING_LOT_RELEASE_SHARED void unlock_shared() {
        check_.before_unlock_shared(is_read(), this, kName);
        readers_.fetch_sub(1, relaxed);
        mutex_.unlock_shared();
    }

    PARKING_LOT_RELEASE_SHARED void unlock_shared_fair() { unlock_shared(); }

    PARKING_LOT_NO_ANALYSIS void bump_shared() {
        unlock_shared();
        lock_shared();
    }

    // Upgradable mode.

    PARKING_LOT_ACQUIRE_SHARED void lock_upgradable() {
        check_.before_wait(is_read(), is_upgradable(), this, kName);
        (void)try_lock_upgradable_until(Deadline::never());
    }

    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable() {
        if (is_locked_exclusive() || !mutex_.try_lock_shared()) return false;
        if (is_changing() || upgradable_.exchange(true, acquire)) {
            mutex_.unlock_shared();
            return false;
        }
        check_.acquired_upgradable(this);
        return true;
    }

    PARKING_LOT_RELEASE_SHARED void unlock_upgradable() {
        leave_upgradable();
        mutex_.unlock_shared();
    }

    PARKING_LOT_RELEASE_SHARED void unlock_upgradable_fair() { unlock_upgradable(); }

    PARKING_LOT_NO_ANALYSIS void bump_upgradable() {
        unlock_upgradable();
        lock_upgradable();
    }

    void downgrade_upgradable() {
        leave_upgradable();
        began_to_read();
    }

    PARKING_LOT_RELEASE_SHARED PARKING_LOT_ACQUIRE void upgrade() {
        check_.before_upgrade(is_read(), this, kName);
        const Changing keep{*this};
        mutex_.unlock_shared();
        mutex_.lock();
        upgraded();
    }

    [[nodiscard]] PARKING_LOT_NO_ANALYSIS bool try_upgrade() {
        if (readers_.load(relaxed) != 0) return false;
        const Changing keep{*this};
        mutex_.unlock_shared();
        if (!mutex_.try_lock()) {
            mutex_.lock_shared();
            return false;
        }
        upgraded();
        return true;
    }

    // Waits with a limit.

    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return try_lock(); });
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return try_lock_shared(); });
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return try_lock_upgradable(); });
    }
    [[nodiscard]] bool try_upgrade_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return try_upgrade(); });
    }

    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_shared_until(d); });
    }
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_upgradable_until(d); });
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_upgrade_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_upgrade_until(d); });
    }

    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_until(Deadline::after(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_shared_until(Deadline::after(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_upgradable_until(Deadline::after(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] bool try_upgrade_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_upgrade_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(const std::stop_token& stop) {
        return detail::poll(stop, [this]() { return try_lock(); });
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_shared(const std::stop_token& stop) {
        return detail::poll(stop, [this]() { return try_lock_shared(); });
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_upgradable(const std::stop_token& stop) {
        return detail::poll(stop, [this]() { return try_lock_upgradable(); });
    }
    [[nodiscard]] bool upgrade(const std::stop_token& stop) {
        return detail::poll(stop, [this]() { return try_upgrade(); });
    }
#endif

    /// Out of date when they return: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept {
        return is_locked_exclusive() || upgradable_.load(relaxed) || readers_.load(relaxed) != 0;
    }
    [[nodiscard]] bool is_locked_exclusive() const noexcept { return writing_.load(relaxed); }

  private:
    static constexpr const char* kName = "parking_lot::RawStdRwLock";

    /// Keeps `changing_` raised.
    class Changing {
      public:
        explicit Changing(RawStdRwLock& lock) noexcept : lock_{lock} {
            lock_.changing_.fetch_add(1);
        }
        Changing(const Changing&) = delete;
        Changing& operator=(const Changing&) = delete;
        ~Changing() { lock_.changing_.fetch_sub(1); }

      private:
        RawStdRwLock& lock_;
    };

    [[nodiscard]] bool is_changing() const noexcept { return changing_.load() != 0; }

    PARKING_LOT_NO_ANALYSIS void exclusive_to_shared() {
        const Changing keep{*this};
        writing_.store(false, relaxed);
        mutex_.unlock();
        mutex_.lock_shared();
    }

    // relaxed: hints for is_locked(); the mutexes order everything else.
    void wrote() noexcept {
        writing_.store(true, relaxed);
        check_.acquired();
    }
    void began_to_read() noexcept {
        readers_.fetch_add(1, relaxed);
        check_.acquired_shared(this);
    }
    void leave_upgradable() noexcept {
        check_.before_unlock_upgradable(is_upgradable(), this, kName);
        upgradable_.store(false, release);  // pairs with try_lock_upgradable
    }
    void upgraded() noexcept {
        leave_upgradable();
        wrote();
    }

    std::shared_mutex mutex_;
    std::atomic<int> changing_{0};
    std::atomic<int> readers_{0};
    std::atomic<bool> writing_{false};
    std::atomic<bool> upgradable_{false};
    [[no_unique_address]] detail::RwOwnerCheck check_;
};

static_assert(RawSharedTimedLockable<RawStdRwLock> && RawUpgradableTimed<RawStdRwLock> &&
              RawSharedFairLockable<RawStdRwLock> && RawInspectable<RawStdRwLock>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
