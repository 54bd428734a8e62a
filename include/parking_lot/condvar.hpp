// SPDX-License-Identifier: MIT
// Condvar: a one-byte condition variable for every lock, without spurious returns.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/held_lock.hpp"

#if PARKING_LOT_USE_STD
#include "parking_lot/detail/std_condvar.hpp"
#else
#include "parking_lot/detail/parking_condvar.hpp"
#endif

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

#if PARKING_LOT_USE_STD
using CondvarBackend = StdCondvar;
#else
using CondvarBackend = ParkingCondvar;
#endif

}  // namespace detail

/// Lets threads wait, with a lock released meanwhile, until another thread notifies them.
///
/// ~~~
/// parking_lot::Mutex<std::deque<Job>> jobs;
/// parking_lot::Condvar not_empty;
///
/// auto guard = jobs.lock();                                    // takes a job
/// not_empty.wait(guard, [&] { return !guard->empty(); });
///
/// jobs.lock()->push_back(job);                                 // adds one
/// not_empty.notify_one();
/// ~~~
///
/// Waits with any guard of this library (plain, mapped, owning), with std::unique_lock, and with
/// anything else that has lock() and unlock(); it must hold its lock. Threads may wait with
/// different locks at the same time. The lock is held again whenever a wait ends, also when a
/// predicate throws. References to the data that were taken before a wait are out of date after it.
///
/// A wait ends when it is notified, or at its limit; never for no reason. A thread that was
/// notified in time says so, even if it got its lock only after its deadline. Waits with a
/// predicate go on until it holds, and return what it says, at the limit too.
///
/// To notify, change what the predicate depends on with the lock held; then notify, with or without
/// it. Notified threads are not woken to fight for the lock: they are moved to its queue, where
/// each unlock wakes the next. Up to four are on their way at a time: one to take the lock, three
/// to be at hand; with a FairMutex it is one. (So it is with the mutexes of this library. With
/// other locks all notified threads are woken.)
///
/// One byte, zero-initialized, trivially destructible; never allocates. It may be destroyed as soon
/// as all who wait have been notified, before they have returned. With PARKING_LOT_USE_STD it is a
/// std::condition_variable_any: larger, not `constinit`, and spurious returns are possible, as
/// is a time-out, in waits with a stop token, of a thread that was notified in time.
class Condvar {
  public:
    Condvar() = default;  // constexpr and noexcept
    Condvar(const Condvar&) = delete;
    Condvar& operator=(const Condvar&) = delete;

    /// Notifies the thread that has waited longest. Returns whether one waited.
    bool notify_one() noexcept { return backend_.notify_one(); }

    /// Notifies every thread that waits now. Returns how many.
    std::size_t notify_all() noexcept { return backend_.notify_all(); }

    /// Waits until notified.
    template <detail::Waitable Lock>
    void wait(Lock& lock) noexcept {
        (void)wait_until(lock, Deadline::never());
    }

    /// Waits until `predicate()` holds. It is called with the lock held, before the first wait and
    /// after each notification.
    template <detail::Waitable Lock, std::predicate Predicate>
    void wait(Lock& lock, Predicate predicate) {
        (void)wait_until(lock, Deadline::never(), std::move(predicate));
    }

    /// Waits until notified, or until `time` has come: a Deadline, or a point in time on any clock.
    /// Returns whether it was notified.
    template <detail::Waitable Lock, class Time>
    [[nodiscard]] bool wait_until(Lock& lock, const Time& time) noexcept {
        return backend_.wait(detail::held_by(lock), time);
    }

    /// Waits until `predicate()` holds, or until `time` has come. Returns what it says then.
    template <detail::Waitable Lock, class Time, std::predicate Predicate>
    [[nodiscard]] bool wait_until(Lock& lock, const Time& time, Predicate predicate) {
        return wait_while_false(predicate, [&]() { return wait_until(lock, time); });
    }

    /// Waits until notified, or for `duration`. Returns whether it was notified.
    template <detail::Waitable Lock, class Rep, class Period>
    [[nodiscard]] bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& duration) {
        return wait_until(lock, Deadline::after(duration));
    }

    /// Waits until `predicate()` holds, or for `duration`. Returns what it says then.
    template <detail::Waitable Lock, class Rep, class Period, std::predicate Predicate>
    [[nodiscard]] bool wait_for(Lock& lock, const std::chrono::duration<Rep, Period>& duration,
                                Predicate predicate) {
        return wait_until(lock, Deadline::after(duration), std::move(predicate));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Waits until notified, or until a stop is requested. Returns whether it was notified.
    template <detail::Waitable Lock>
    [[nodiscard]] bool wait(Lock& lock, std::stop_token stop) noexcept {
        return wait_until(lock, std::move(stop), Deadline::never());
    }

    /// Waits until `predicate()` holds, or until a stop is requested. Returns what it says then.
    template <detail::Waitable Lock, std::predicate Predicate>
    [[nodiscard]] bool wait(Lock& lock, std::stop_token stop, Predicate predicate) {
        return wait_until(lock, std::move(stop), Deadline::never(), std::move(predicate));
    }

    /// As wait_until() and wait_for() without a stop token, but also ended by a stop request.
    template <detail::Waitable Lock, class Time>
    [[nodiscard]] bool wait_until(Lock& lock, std::stop_token stop, const Time& time) noexcept {
        if (stop.stop_requested()) return false;
        return backend_.wait(detail::held_by(lock), std::move(stop), time);
    }
    template <detail::Waitable Lock, class Time, std::predicate Predicate>
    [[nodiscard]] bool wait_until(Lock& lock, std::stop_token stop, const Time& time,
                                  Predicate predicate) {
        return wait_while_false(predicate, [&]() { return wait_until(lock, stop, time); });
    }
    template <detail::Waitable Lock, class Rep, class Period>
    [[nodiscard]] bool wait_for(Lock& lock, std::stop_token stop,
                                const std::chrono::duration<Rep, Period>& duration) {
        return wait_until(lock, std::move(stop), Deadline::after(duration));
    }
    template <detail::Waitable Lock, class Rep, class Period, std::predicate Predicate>
    [[nodiscard]] bool wait_for(Lock& lock, std::stop_token stop,
                                const std::chrono::duration<Rep, Period>& duration,
                                Predicate predicate) {
        return wait_until(lock, std::move(stop), Deadline::after(duration), std::move(predicate));
    }
#endif

  private:
    /// `wait()` says whether it was notified; if not, the predicate has the last word.
    template <class Predicate, class Wait>
    static bool wait_while_false(Predicate& predicate, Wait&& wait) {
        while (!predicate()) {
            if (!wait()) return predicate();
        }
        return true;
    }

    detail::CondvarBackend backend_;
};

static_assert(PARKING_LOT_USE_STD || PARKING_LOT_CHECKED ||
              (sizeof(Condvar) == 1 && std::is_trivially_destructible_v<Condvar>));

}  // namespace parking_lot::inline PARKING_LOT_ABI
