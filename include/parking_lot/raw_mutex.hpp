// SPDX-License-Identifier: MIT
// RawMutex: a one-byte lock whose uncontended lock and unlock are one atomic read-modify-write.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/lock_check.hpp"
#include "parking_lot/detail/mutex_core.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// A mutex without data: the lock under Mutex<T> and FairMutex<T>.
///
/// `Word` is the integer that holds its state: one byte where memory counts; 32 bits where there is
/// room, since some processors (AMD's Zen) need 2 ns longer to store a byte than a word.
///
/// Satisfies the standard's Lockable and TimedLockable. Zero-initialized, trivially destructible,
/// usable before main, after exit, in thread-local destructors and in allocators; never allocates,
/// never throws. Not recursive: locking it twice from one thread deadlocks (checked builds report
/// it). May be destroyed once no thread holds it or waits, even before the last unlock returns.
template <class Policy, std::unsigned_integral Word = std::uint8_t>
class PARKING_LOT_CAPABILITY BasicRawMutex : private detail::MutexCore<Policy, Word> {
    using enum std::memory_order;
    using Core = detail::MutexCore<Policy, Word>;
    using Core::contend, Core::with, Core::word;
    using Core::kFree, Core::kLocked, Core::kParked, Core::kAwaited;
    using typename Core::State;

  public:
#if PARKING_LOT_CHECKED
    /// The default constructor: reports name the code that calls it as where the lock was made.
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr BasicRawMutex(detail::Origin origin = detail::Origin::current()) noexcept
        : check_{this, Policy::kName, origin} {}
    constexpr ~BasicRawMutex() {
        if (!std::is_constant_evaluated())
            check_.before_destruction(is_locked(), this->is_waited_for());
    }
    /// What reports say of where it was made, or its name. Before other threads know the lock.
    constexpr void set_origin(detail::Origin origin) noexcept { check_.set_origin(origin); }
#else
    constexpr BasicRawMutex() noexcept = default;
#endif
    BasicRawMutex(const BasicRawMutex&) = delete;
    BasicRawMutex& operator=(const BasicRawMutex&) = delete;

    /// Locks, sleeping while another thread holds the lock.
    PARKING_LOT_ACQUIRE void lock() noexcept {
        if (!this->lock_at_once()) [[unlikely]]
            lock_slow();
        check_.acquired();
    }

    /// Locks if no thread holds the lock. Never blocks; never fails on a free lock.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() noexcept {
        State state = word.load(relaxed);
        while ((state & kLocked) == 0) {
            if (word.compare_exchange_weak(state, with(state, kLocked), acquire,
                                           relaxed)) {  // [L1]
                check_.acquired_by_try();
                return true;
            }
        }
        return false;
    }

    /// Locks, or returns false once `deadline` has passed. A free lock is taken even then.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline) noexcept {
        return try_lock() || lock_slow_until(deadline);
    }

    /// Locks, or returns false once `time` has come on its own clock.
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }

    /// Locks, or returns false after `duration`. Zero or negative: as try_lock().
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock() || lock_slow_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Locks, or returns false once a stop is requested. A free lock is taken even then.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(std::stop_token stop) {
        if (try_lock()) return true;
        detail::Waiter self;
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return acquired_if(contend(self, Deadline::never()));
    }
#endif

    /// Unlocks. Requires that the lock is held (by any thread). With policy Fifo: unlock_fair().
    PARKING_LOT_RELEASE void unlock() noexcept {
        check_.before_unlock(*this, Policy::kName);
        // [U0] acquire: read before the state, so that a heating that the state does not show yet
        // is one that the second look at the epoch shows. Also pairs with the module's join.
        const std::uintptr_t epoch = detail::this_module.epoch.load(acquire);
        if (word.load(relaxed) == kLocked && (epoch & detail::kNeedsRmw) == 0) [[likely]] {
            const void* const address = this;
            // [U1] release: pairs with [L1]. A plain store may overwrite bits that a parking thread
            // is setting just now; see MutexCore. The lock may be gone after it.
            word.store(kFree, release);
            std::atomic_signal_fence(seq_cst);  // pairs with the heavy fence [H2]
            if (detail::this_module.epoch.load(relaxed) != epoch) [[unlikely]]
                Core::wake_all(address);
        } else {
            this->unlock_hot();
        }
    }

    /// Unlocks by handing the lock to the thread that has waited longest, if one waits.
    PARKING_LOT_RELEASE void unlock_fair() noexcept {
        if ((word.load(relaxed) & (kParked | kAwaited)) == 0) return unlock();
        check_.before_unlock(*this, Policy::kName);
        this->unlock_contended(/*fair=*/true);
    }

    /// Lets a waiting thread, if there is one, have the lock, and locks again. Costs one load when
    /// nobody waits.
    PARKING_LOT_NO_ANALYSIS void bump() noexcept {
        if ((word.load(relaxed) & (kParked | kAwaited)) == 0) return;
        unlock_fair();
        lock();
    }

    /// Unlocks until `predicate()` holds or `limit`, a Deadline or a std::stop_token, is over, and
    /// locks again. Returns what the predicate says then. Requires that this thread holds the lock.
    ///
    /// The predicate is called with the lock held, by this thread or by one that is about to
    /// unlock: it must depend only on what the lock protects, and leave this lock alone. If it
    /// throws, this thread gets the exception, with the lock held.
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await(const Limit& limit, Predicate predicate) {
        return detail::Conditions::await(*this, {}, limit, predicate);
    }
    using Awaits = BasicRawMutex;  ///< See RawAwaitable.

    /// Whether some thread holds the lock. Out of date when it returns: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept { return (word.load(relaxed) & kLocked) != 0; }

  private:
    friend struct detail::Metering;
    friend struct detail::Requeue;
    friend struct detail::Conditions;
    using Requeued = BasicRawMutex;
    static constexpr bool kFifo = Policy::kFifo;

    PARKING_LOT_COLD void lock_slow() noexcept {
        check_.before_wait(this, Policy::kName);
        detail::Waiter self;
        contend(self, Deadline::never());
    }

    PARKING_LOT_COLD bool lock_slow_until(Deadline deadline) noexcept {
        detail::Waiter self;
        return acquired_if(contend(self, deadline));
    }

    bool acquired_if(bool acquired) noexcept {
        if (acquired) check_.acquired_by_try();
        return acquired;
    }

    /// Of Conditions: unlocks without asking the predicates.
    void let_go(core::ParkToken) noexcept {
        check_.before_unlock(*this, Policy::kName);
        this->leave(Policy::kFifo);
        check_.before_relock();
    }

    /// Locks again, with the token of a thread that was woken in the lock's queue. Returns whether
    /// the lock was handed to it.
    bool regain(core::ParkToken, std::optional<core::UnparkToken> woken) noexcept {
        detail::Waiter self;
        if (woken != Core::kHandedOff) contend(self, Deadline::never(), woken);
        check_.acquired();
        return woken == Core::kHandedOff || self.unpark_token == Core::kHandedOff;
    }

    [[no_unique_address]] detail::LockCheck check_{this, Policy::kName, detail::Origin::current()};
};

/// The default mutex: fast, and every half a millisecond fair. RawMutex is one byte, RawWordMutex
/// the same in four.
using RawMutex = BasicRawMutex<policy::Barging>;
using RawWordMutex = BasicRawMutex<policy::Barging, std::uint32_t>;

static_assert(PARKING_LOT_CHECKED || (sizeof(RawMutex) == 1 && sizeof(RawWordMutex) == 4));
static_assert(RawTimedLockable<RawMutex> && RawFairLockable<RawMutex> && RawInspectable<RawMutex>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
