// SPDX-License-Identifier: MIT
// RawReentrantMutex: a lock that its owner may lock again.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/await.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/scope_exit.hpp"
#include "parking_lot/detail/thread_id.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"
#include "parking_lot/raw_mutex.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// A raw lock with an owner and a depth: the thread that holds it may lock it again, and it is free
/// when that thread has unlocked it as often as it locked it.
///
/// `Raw` is the lock below; the timed, fair and stoppable functions exist when `Raw` has them.
/// `Depth` counts the levels beyond the first; to exceed it is reported, and aborts. Satisfies the
/// standard's Lockable and, with such a `Raw`, TimedLockable.
///
/// Only the thread that locked may unlock. It must have unlocked when it ends: a new thread may be
/// taken for it. So in a forked child, do not use one that another thread held: a thread started
/// there may be taken for its owner.
template <RawLockable Raw, std::unsigned_integral Depth = std::uint32_t>
class PARKING_LOT_CAPABILITY BasicRawReentrantMutex {
    using enum std::memory_order;

  public:
    using Configuration = RawConfiguration<Raw>;

    constexpr BasicRawReentrantMutex() noexcept(std::is_nothrow_default_constructible_v<Raw>)
        requires std::default_initializable<Raw>
    = default;
    explicit BasicRawReentrantMutex(Configuration configuration)
        requires RawConfigurable<Raw>
        : raw_{std::move(configuration)} {}
    BasicRawReentrantMutex(const BasicRawReentrantMutex&) = delete;
    BasicRawReentrantMutex& operator=(const BasicRawReentrantMutex&) = delete;

    /// Locks, sleeping while another thread holds the lock.
    PARKING_LOT_ACQUIRE void lock() noexcept(noexcept(raw_.lock())) {
        if (is_owned_by_current_thread()) return enter_again();
        raw_.lock();
        enter();
    }

    /// Locks if no other thread holds the lock. Never blocks.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() noexcept(noexcept(raw_.try_lock())) {
        return lock_by([this]() { return raw_.try_lock(); });
    }

    /// Locks, or returns false once `deadline` has passed. A lock that is free, or this thread's,
    /// is taken even then.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline)
        requires RawTimedLockable<Raw>
    {
        return lock_by([this, deadline]() { return raw_.try_lock_until(deadline); });
    }

    /// Locks, or returns false once `time` has come on its own clock.
    template <class Clock, class Duration>
        requires RawTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return try_lock() || attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }

    /// Locks, or returns false after `duration`. Zero or negative: as try_lock().
    template <class Rep, class Period>
        requires RawTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock() || try_lock_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Locks, or returns false once a stop is requested. A lock that is free, or this thread's, is
    /// taken even then.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(std::stop_token stop)
        requires RawStoppable<Raw>
    {
        return lock_by([this, &stop]() { return raw_.lock(std::move(stop)); });
    }
#endif

    /// Leaves one level; the last one unlocks. Requires that this thread holds the lock.
    PARKING_LOT_RELEASE void unlock() noexcept(noexcept(raw_.unlock())) {
        if (leave()) raw_.unlock();
    }

    /// As unlock(), but the last level hands the lock to the thread that has waited longest, if one
    /// waits.
    PARKING_LOT_RELEASE void unlock_fair() noexcept(noexcept(raw_.unlock_fair()))
        requires RawFairLockable<Raw>
    {
        if (leave()) raw_.unlock_fair();
    }

    /// Lets a waiting thread, if there is one, have the lock for a turn. Does nothing when this
    /// thread holds the lock more than once: an outer level relies on it.
    PARKING_LOT_NO_ANALYSIS void bump() noexcept(noexcept(raw_.bump()))
        requires RawFairLockable<Raw>
    {
        check_is_owner();
        if (levels_below_ != 0) return;
        owner_.store(detail::kNoThread, relaxed);
        raw_.bump();
        enter();
    }

    /// Unlocks until `predicate()` holds or `limit`, a Deadline or a std::stop_token, is over, and
    /// locks again. Returns what the predicate says then; see RawMutex. Requires that this thread
    /// holds the lock exactly once, and reports it otherwise: an outer level relies on the lock.
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await(const Limit& limit, Predicate predicate) {
        if (depth() != 1) [[unlikely]]
            detail::report_misuse("wait by a thread that does not hold the lock just once", kName,
                                  this);
        owner_.store(detail::kNoThread, relaxed);
        const detail::OnScopeExit locked_again{[this]() noexcept { enter(); }};
        return detail::await<detail::ExclusiveMode>(raw_, limit, predicate);
    }
    using Awaits = BasicRawReentrantMutex;  ///< See RawAwaitable.

    /// Whether some thread holds the lock. Out of date when it returns: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept
        requires RawInspectable<Raw>
    {
        return raw_.is_locked();
    }

    /// Whether this thread holds the lock: always exact.
    [[nodiscard]] bool is_owned_by_current_thread() const noexcept {
        // relaxed: a thread finds its own id only if it stored that itself, and not yet cleared it.
        return owner_.load(relaxed) == detail::this_thread_id();
    }

    /// How often this thread holds the lock: 0 if it does not.
    [[nodiscard]] std::size_t depth() const noexcept {
        return is_owned_by_current_thread() ? std::size_t{levels_below_} + 1 : 0;
    }

  private:
    static constexpr const char* kName = "parking_lot::RawReentrantMutex";

    void enter() noexcept { owner_.store(detail::this_thread_id(), relaxed); }

    void enter_again() noexcept {
        if (levels_below_ == (std::numeric_limits<Depth>::max)()) [[unlikely]]
            detail::report_misuse("locked too many times by one thread", kName, this);
        ++levels_below_;
    }

    template <class TryLock>
    bool lock_by(TryLock&& try_lock) {
        if (is_owned_by_current_thread()) {
            enter_again();
            return true;
        }
        if (!try_lock()) return false;
        enter();
        return true;
    }

    /// True when that was the last level. Then owner and depth are those of a free lock already:
    /// after the unlock they are the next owner's.
    bool leave() noexcept {
        check_is_owner();
        if (levels_below_ != 0) {
            --levels_below_;
            return false;
        }
        owner_.store(detail::kNoThread, relaxed);
        return true;
    }

    void check_is_owner() const noexcept {
        if constexpr (PARKING_LOT_CHECKED != 0) {
            detail::check(is_owned_by_current_thread(),
                          "unlock by a thread that does not hold the lock", kName, this);
        }
    }

    std::atomic<detail::ThreadId> owner_{detail::kNoThread};
    Depth levels_below_ = 0;  // of the owner, and only touched by it; 0 in a free lock
    [[no_unique_address]] Raw raw_{};
};

/// The default: 16 bytes, on 64-bit machines, with the speed of RawMutex.
using RawReentrantMutex = BasicRawReentrantMutex<RawWordMutex>;

static_assert(PARKING_LOT_CHECKED || sizeof(RawReentrantMutex) <= 16);
static_assert(RawTimedLockable<RawReentrantMutex> && RawFairLockable<RawReentrantMutex> &&
              RawInspectable<RawReentrantMutex> && RawReentrantLockable<RawReentrantMutex>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
