// SPDX-License-Identifier: MIT
// RawRwLock: a four-byte lock for one writer or many readers, one of whom may become the writer.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/conditions.hpp"
#include "parking_lot/detail/rwlock_waits.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// A readers-writer lock without data: the lock under RwLock<T>.
///
/// Three modes: exclusive (lock), shared with other readers (lock_shared), and upgradable, which is
/// shared with readers but not with another upgradable one, and can become exclusive without
/// letting a writer in between. Each can be left for a lesser one without unlocking (downgrade).
///
/// Satisfies the standard's SharedTimedLockable requirements. Zero-initialized, trivially
/// destructible, usable before main, after exit, in thread-local destructors and in allocators;
/// never allocates, never throws. At most 8 million readers at a time: more abort the program.
/// Uncontended, lock and unlock are one atomic read-modify-write together; lock_shared and
/// unlock_shared one each. May be destroyed as soon as no thread holds it or waits for it, even
/// while the unlock of the last holder, reader or writer, has not returned yet.
template <class Policy>
class PARKING_LOT_CAPABILITY BasicRawRwLock : private detail::RwLockWaits<Policy> {
    using enum std::memory_order;
    using Waits = detail::RwLockWaits<Policy>;
    using Core = detail::RwLockCore<Policy>;
    using Core::kHot, Core::kParked, Core::kFree, Core::kAwaited;
    using Core::kReader, Core::kReaders, Core::kUpgradable, Core::kWriter;
    using typename Core::Word;
    using Waits::any, Waits::checks, Waits::kReadsRecursively, Waits::token, Waits::word;

  public:
#if PARKING_LOT_CHECKED
    /// The default constructor: reports name the code that calls it as where the lock was made.
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr BasicRawRwLock(detail::Origin origin = detail::Origin::current()) noexcept
        : Waits{origin} {}
    constexpr ~BasicRawRwLock() {
        if (!std::is_constant_evaluated())
            checks.before_destruction(is_locked(), this->is_waited_for());
    }
    /// What reports say of where it was made, or its name. Before other threads know the lock.
    constexpr void set_origin(detail::Origin origin) noexcept { checks.set_origin(origin); }
#else
    constexpr BasicRawRwLock() noexcept = default;
#endif
    BasicRawRwLock(const BasicRawRwLock&) = delete;
    BasicRawRwLock& operator=(const BasicRawRwLock&) = delete;

    // Exclusive mode.

    /// Locks for writing, sleeping while others hold the lock.
    PARKING_LOT_ACQUIRE void lock() noexcept {
        checks.before_wait(this->held(kReaders), this->held(kUpgradable), this, Policy::kName);
        if (!this->write_at_once()) [[unlikely]]
            this->lock_slow(kWriter);
        checks.acquired();
    }

    /// Locks for writing if no thread holds the lock. Never blocks; never fails on a free lock.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() noexcept {
        Word state = word.load(relaxed);
        while ((state & (kWriter | kUpgradable | kReaders)) == 0) {
            if (word.compare_exchange_weak(state, state | kWriter, acquire, relaxed)) {  // [L1]
                checks.acquired_by_try();
                return true;
            }
        }
        return false;
    }

    /// Locks for writing, or returns false once `deadline` has passed.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline) noexcept {
        return try_lock() || (!deadline.has_passed() && this->lock_until(kWriter, deadline));
    }
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock() || try_lock_until(Deadline::after(duration));
    }

    /// Unlocks from writing. Requires that the lock is held so (by any thread).
    PARKING_LOT_RELEASE void unlock() noexcept {
        checks.before_unlock(this->exclusively(), this, Policy::kName);
        // [U0] acquire: read before the state, so that a heating that the state does not show yet
        // is one that the second look at the epoch shows. Also pairs with the module's join.
        const std::uintptr_t epoch = detail::this_module.epoch.load(acquire);
        if (word.load(relaxed) == kWriter && (epoch & detail::kNeedsRmw) == 0) [[likely]] {
            const void* const address = this;
            // [U1] release: pairs with [L1]. A plain store may overwrite bits that a parking thread
            // is setting just now; see RwLockCore. The lock may be gone after it.
            word.store(kFree, release);
            std::atomic_signal_fence(seq_cst);  // pairs with the heavy fence [H2]
            if (detail::this_module.epoch.load(relaxed) != epoch) [[unlikely]]
                Core::wake_all(address);
        } else {
            this->unlock_hot();
        }
    }

    /// Unlocks by handing the lock to those who have waited longest, if any.
    PARKING_LOT_RELEASE void unlock_fair() noexcept {
        checks.before_unlock(this->exclusively(), this, Policy::kName);
        this->leave_exclusive(0, /*fair=*/true);
    }

    /// Lets those who wait, if any, have the lock, and locks again. Costs one load otherwise.
    PARKING_LOT_NO_ANALYSIS void bump() noexcept {
        if (!any(kParked | kAwaited)) return;
        unlock_fair();
        lock();
    }

    /// From writing to reading, without unlocking in between.
    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade() noexcept {
        checks.before_unlock(this->exclusively(), this, Policy::kName);
        this->leave_exclusive(kReader, Policy::kHandsOff);
        checks.acquired_shared_by_try(this);
    }

    /// From writing to upgradable reading, without unlocking in between.
    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade_to_upgradable() noexcept {
        checks.before_unlock(this->exclusively(), this, Policy::kName);
        this->leave_exclusive(kUpgradable, Policy::kHandsOff);
        checks.acquired_upgradable_by_try(this);
    }

    // Shared mode.

    /// Locks for reading, sleeping while a writer holds the lock or, by the policy, waits for it.
    PARKING_LOT_ACQUIRE_SHARED void lock_shared() noexcept {
        checks.before_lock_shared(this->held(kReaders), this, Policy::kName, kReadsRecursively);
        if (!this->read_at_once()) [[unlikely]]
            this->lock_slow(kReader);
        checks.acquired_shared(this, kReadsRecursively);
    }

    /// Locks for reading if that needs no wait. Never blocks.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared() noexcept {
        if (!this->enter_at_once(kReader)) return false;
        checks.acquired_shared_by_try(this, kReadsRecursively);
        return true;
    }

    /// Locks for reading, or returns false once `deadline` has passed.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(
        Deadline deadline) noexcept {
        return try_lock_shared() || this->lock_until(kReader, deadline);
    }
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_shared_until(d); });
    }
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_shared() || try_lock_shared_until(Deadline::after(duration));
    }

    /// Unlocks from reading. Requires that the lock is held so (by any thread).
    PARKING_LOT_RELEASE_SHARED void unlock_shared() noexcept {
        checks.before_unlock_shared(this->held(kReaders), this, Policy::kName);
        // [U4] release: pairs with [L1] and [L2] of writers. The lock may be gone after it.
        const Word left = word.fetch_sub(kReader, release) - kReader;
        // One instruction on x86; only where readers come and go while a writer sleeps, it pays to
        // look at the count, too.
        const bool may_be_last = !kReadsRecursively || (left & kReaders) == 0;
        if (Core::is_drain_parked(left) && may_be_last) [[unlikely]]
            this->wake_drainer();
    }

    /// As unlock_shared(), which lets a waiting writer have the lock anyway.
    PARKING_LOT_RELEASE_SHARED void unlock_shared_fair() noexcept { unlock_shared(); }

    /// Lets a writer that waits for the readers, if there is one, go first: unlocks and locks
    /// again. Costs one load otherwise.
    PARKING_LOT_NO_ANALYSIS void bump_shared() noexcept {
        if ((word.load(relaxed) & kWriter) == 0) return;
        unlock_shared();
        lock_shared();
    }

    // Upgradable mode.

    /// Locks for upgradable reading, sleeping while a writer or another such reader holds the lock.
    PARKING_LOT_ACQUIRE_SHARED void lock_upgradable() noexcept {
        checks.before_wait(this->held(kReaders), this->held(kUpgradable), this, Policy::kName);
        if (!this->enter_at_once(kUpgradable)) [[unlikely]]
            this->lock_slow(kUpgradable);
        checks.acquired_upgradable(this);
    }

    /// Locks for upgradable reading if that needs no wait. Never blocks.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable() noexcept {
        if (!this->enter_at_once(kUpgradable)) return false;
        checks.acquired_upgradable_by_try(this);
        return true;
    }

    /// Locks for upgradable reading, or returns false once `deadline` has passed.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(
        Deadline deadline) noexcept {
        return try_lock_upgradable() || this->lock_until(kUpgradable, deadline);
    }
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_upgradable_until(d); });
    }
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_upgradable() || try_lock_upgradable_until(Deadline::after(duration));
    }

    /// Unlocks from upgradable reading. Requires that the lock is held so (by any thread).
    PARKING_LOT_RELEASE_SHARED void unlock_upgradable() noexcept {
        leave_upgradable(0, Policy::kHandsOff);
    }

    /// Unlocks by handing the lock to those who have waited longest, if any.
    PARKING_LOT_RELEASE_SHARED void unlock_upgradable_fair() noexcept {
        leave_upgradable(0, /*fair=*/true);
    }

    /// Lets those who wait, if any, have the lock, and locks again. Costs one load otherwise.
    PARKING_LOT_NO_ANALYSIS void bump_upgradable() noexcept {
        if (!any(kParked)) return;
        unlock_upgradable_fair();
        lock_upgradable();
    }

    /// From upgradable to plain reading.
    void downgrade_upgradable() noexcept {
        leave_upgradable(kReader, Policy::kHandsOff);
        checks.acquired_shared_by_try(this);
    }

    /// From upgradable reading to writing, sleeping until the other readers have left. New ones
    /// wait meanwhile (with policy ReaderPreferring: once the others have left).
    PARKING_LOT_RELEASE_SHARED PARKING_LOT_ACQUIRE void upgrade() noexcept {
        checks.before_upgrade(this->held(kReaders), this, Policy::kName);
        if (try_upgrade()) [[likely]]
            return;
        checks.waits(detail::HoldMode::Upgrade, kReadsRecursively);
        detail::Waiter self;
        (void)this->upgrade_until(self, Deadline::never());
    }

    /// From upgradable reading to writing if there are no other readers; otherwise nothing changes.
    [[nodiscard]] bool try_upgrade() noexcept {
        Word state = word.load(relaxed);
        while ((state & kReaders) == 0) {
            if (word.compare_exchange_weak(state, this->upgraded(state), acquire,
                                           relaxed)) {  // [L1]
                this->upgraded();
                return true;
            }
        }
        return false;
    }

    /// From upgradable reading to writing, or back to upgradable reading once `deadline` has
    /// passed.
    [[nodiscard]] bool try_upgrade_until(Deadline deadline) noexcept {
        if (try_upgrade()) return true;
        detail::Waiter self;
        return !deadline.has_passed() && this->upgrade_until(self, deadline);
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_upgrade_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_upgrade_until(d); });
    }
    template <class Rep, class Period>
    [[nodiscard]] bool try_upgrade_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_upgrade() || try_upgrade_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// As lock(), lock_shared(), lock_upgradable() and upgrade(), or return false once a stop is
    /// requested. A free lock is taken even then.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(std::stop_token stop) {
        return try_lock() || this->lock_until(kWriter, std::move(stop));
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_shared(std::stop_token stop) {
        return try_lock_shared() || this->lock_until(kReader, std::move(stop));
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_upgradable(std::stop_token stop) {
        return try_lock_upgradable() || this->lock_until(kUpgradable, std::move(stop));
    }
    [[nodiscard]] bool upgrade(std::stop_token stop) {
        if (try_upgrade()) return true;
        detail::Waiter self;
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return this->upgrade_until(self, Deadline::never());
    }
#endif

    /// Unlock until `predicate()` holds or `limit`, a Deadline or a std::stop_token, is over, and
    /// lock again, in the mode in which this thread holds the lock. Return what the predicate says
    /// then.
    ///
    /// The predicate is called with the lock held in some mode, by this thread or by one that is
    /// about to leave the exclusive mode: it must depend only on what the lock protects, and leave
    /// this lock alone. If it throws, this thread gets the exception, with the lock held.
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await(const Limit& limit, Predicate predicate) {
        return detail::Conditions::await(*this, token(kWriter), limit, predicate);
    }
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await_shared(const Limit& limit, Predicate predicate) {
        return detail::Conditions::await(*this, token(kReader), limit, predicate);
    }
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await_upgradable(const Limit& limit, Predicate predicate) {
        return detail::Conditions::await(*this, token(kUpgradable), limit, predicate);
    }
    using Awaits = BasicRawRwLock;  ///< See RawAwaitable.

    /// Whether some thread holds the lock in some mode, or exclusively. Out of date when they
    /// return: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept {
        return (word.load(relaxed) & (kWriter | kUpgradable | kReaders)) != 0;
    }
    [[nodiscard]] bool is_locked_exclusive() const noexcept {
        return (word.load(relaxed) & (kWriter | kReaders)) == kWriter;
    }

  private:
    friend struct detail::Conditions;
    friend struct detail::Metering;

    void leave_upgradable(Word kept, bool fair) noexcept {
        checks.before_unlock_upgradable(this->held(kUpgradable), this, Policy::kName);
        this->leave(kUpgradable, kept, fair);
    }

    /// Of Conditions: unlocks without asking the predicates.
    PARKING_LOT_NO_ANALYSIS void let_go(core::ParkToken mode) noexcept {
        if (mode.value == kReader) {
            unlock_shared();
        } else if (mode.value == kUpgradable) {
            unlock_upgradable();
        } else {
            checks.before_unlock(this->exclusively(), this, Policy::kName);
            this->leave(kWriter, 0, Policy::kHandsOff);
        }
        this->begin_wait_to_relock(static_cast<Word>(mode.value));
    }
};

/// The default readers-writer lock: neither side starves.
using RawRwLock = BasicRawRwLock<policy::TaskFair>;

/// For recursive reads.
using RawReaderPreferringRwLock = BasicRawRwLock<policy::ReaderPreferring>;

/// For rare writes that must not wait.
using RawWriterPreferringRwLock = BasicRawRwLock<policy::WriterPreferring>;

static_assert(PARKING_LOT_CHECKED || sizeof(RawRwLock) == 4);
static_assert(RawTimedLockable<RawRwLock> && RawFairLockable<RawRwLock> &&
              RawInspectable<RawRwLock>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
