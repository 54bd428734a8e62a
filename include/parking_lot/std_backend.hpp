// SPDX-License-Identifier: MIT
// RawStdMutex: std::mutex with the interface of RawMutex, for comparing the two in one program.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/std_poll.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// std::mutex behind the interface of RawMutex: the other side of the A/B switch.
///
/// What std::mutex lacks is made up for, not matched: timed and stoppable waits poll, sleeping for
/// up to a millisecond between tries; unlock_fair() is unlock().
class PARKING_LOT_CAPABILITY RawStdMutex {
    using enum std::memory_order;

  public:
    RawStdMutex() noexcept = default;  // constexpr where std::mutex's is: not with mingw-w64
    RawStdMutex(const RawStdMutex&) = delete;
    RawStdMutex& operator=(const RawStdMutex&) = delete;

    /// Locks, sleeping while another thread holds the lock.
    PARKING_LOT_ACQUIRE void lock() {
        check_.before_wait(this, kName);
        mutex_.lock();
        acquired();
    }

    /// Locks if no thread holds the lock. Never blocks.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() {
        // Asked first, as std::mutex leaves try_lock by the owner undefined.
        if (is_locked() || !mutex_.try_lock()) return false;
        acquired();
        return true;
    }

    /// Polls until locked or `deadline` has passed.
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return try_lock(); });
    }

    /// Polls until locked or `time` has come on its own clock.
    template <class Clock, class Duration>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }

    /// Polls until locked or `duration` has passed.
    template <class Rep, class Period>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Polls until locked or a stop is requested.
    // NOLINTNEXTLINE(performance-unnecessary-value-param): as the other backend does
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(std::stop_token stop) {
        return detail::poll(stop, [this]() { return try_lock(); });
    }
#endif

    PARKING_LOT_RELEASE void unlock() {
        check_.before_unlock(*this, kName);
        locked_.store(false, relaxed);
        mutex_.unlock();
    }

    /// As unlock(): std::mutex cannot choose who is next.
    PARKING_LOT_RELEASE void unlock_fair() { unlock(); }

    /// Unlocks and locks, whoever waits.
    PARKING_LOT_NO_ANALYSIS void bump() {
        unlock();
        lock();
    }

    /// Whether some thread holds the lock. Out of date when it returns: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept { return locked_.load(relaxed); }

  private:
    static constexpr const char* kName = "parking_lot::RawStdMutex";

    void acquired() noexcept {
        // relaxed: a hint for is_locked(); the mutex orders everything else.
        locked_.store(true, relaxed);
        check_.acquired();
    }

    std::mutex mutex_;
    std::atomic<bool> locked_{false};
    [[no_unique_address]] detail::OwnerCheck check_;
};

static_assert(RawTimedLockable<RawStdMutex> && RawFairLockable<RawStdMutex> &&
              RawInspectable<RawStdMutex>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
