// SPDX-License-Identifier: MIT
// LockWhen, ReadWriteWhen: the functions of typed locks that lock once a predicate holds.
#pragma once

#include <chrono>
#include <mutex>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/await.hpp"
#include "parking_lot/detail/lock_mode.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The base of BasicMutex: locks it when its data satisfies a predicate. There is nothing to
/// notify, and so nothing to forget: who unlocks asks the predicates of those who wait.
/// ~~~
/// parking_lot::Mutex<std::deque<Job>> jobs;
///
/// jobs.lock()->push_back(job);                                            // adds one
/// auto guard = jobs.lock_when([](auto& queue) { return !queue.empty(); });  // takes one
/// ~~~
///
/// The predicate is called with `const T&` (anything std::invoke takes, such as a member function)
/// and the lock held, by the thread that waits *or by any thread that is about to unlock*. So it
/// must depend on nothing but the data and what never changes, must not use this lock, and should
/// be quick: while threads wait, each unlock asks until it finds one that may go on. If several
/// may, they go in the order in which they came. A predicate may throw: the thread that waits with
/// it gets the exception, and the lock is unlocked.
///
/// A thread that has waited needs the lock once more to leave: it may return later than its limit.
/// Locks of other libraries (RawAwaitable tells) are polled, once in a millisecond.
template <class Mutex>
class LockWhen {
  public:
    /// Locks as soon as `predicate` holds, and returns the guard.
    template <class Predicate>
    auto lock_when(Predicate predicate) {
        return when(self(), predicate);
    }
    template <class Predicate>
    auto lock_when(Predicate predicate) const {
        return when(self(), predicate);
    }

    /// As lock_when(), or nothing after `duration`.
    template <class Rep, class Period, class Predicate>
    [[nodiscard]] auto try_lock_when_for(const std::chrono::duration<Rep, Period>& duration,
                                         Predicate predicate) {
        return when(self(), Deadline::after(duration), predicate);
    }
    template <class Rep, class Period, class Predicate>
    [[nodiscard]] auto try_lock_when_for(const std::chrono::duration<Rep, Period>& duration,
                                         Predicate predicate) const {
        return when(self(), Deadline::after(duration), predicate);
    }

    /// As lock_when(), or nothing once `time` has come: a Deadline, or a point in time on any
    /// clock.
    template <class Time, class Predicate>
    [[nodiscard]] auto try_lock_when_until(const Time& time, Predicate predicate) {
        return when(self(), time, predicate);
    }
    template <class Time, class Predicate>
    [[nodiscard]] auto try_lock_when_until(const Time& time, Predicate predicate) const {
        return when(self(), time, predicate);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// As lock_when(), or nothing once a stop is requested. If the predicate holds then and the
    /// lock is free, it is taken.
    template <class Predicate>
    [[nodiscard]] auto lock_when(std::stop_token stop, Predicate predicate) {
        return when(self(), stop, predicate);
    }
    template <class Predicate>
    [[nodiscard]] auto lock_when(std::stop_token stop, Predicate predicate) const {
        return when(self(), stop, predicate);
    }
#endif

  private:
    friend Mutex;
    constexpr LockWhen() noexcept = default;

    Mutex& self() noexcept { return static_cast<Mutex&>(*this); }
    const Mutex& self() const noexcept { return static_cast<const Mutex&>(*this); }

    template <class Self, class Predicate>
    static auto when(Self& self, Predicate& predicate) {
        auto guard = self.lock();
        (void)await_data<ExclusiveMode>(self.raw(), Deadline::never(), *guard, predicate);
        return guard;
    }
    template <class Self, class Limit, class Predicate>
    static auto when(Self& self, const Limit& limit, Predicate& predicate) {
        return detail::lock_when<ExclusiveMode>(
            self.raw(), limit, [&self]() { return self.lock(std::adopt_lock); }, predicate);
    }
};

/// The base of BasicRwLock: as LockWhen, for each mode. The predicates are asked by threads that
/// leave the exclusive mode, as only they can have changed the data.
template <class Lock>
class ReadWriteWhen {
  public:
    /// Lock as soon as `predicate` holds, and return the guard.
    template <class Predicate>
    auto read_when(Predicate predicate) const {
        return when<SharedMode>(self().read(), predicate);
    }
    template <class Predicate>
    auto write_when(Predicate predicate) {
        return when<ExclusiveMode>(self().write(), predicate);
    }
    template <class Predicate>
    auto upgradable_read_when(Predicate predicate) {
        return when<UpgradableMode>(self().upgradable_read(), predicate);
    }

    /// As these, or nothing after `duration`.
    template <class Rep, class Period, class Predicate>
    [[nodiscard]] auto try_read_when_for(const std::chrono::duration<Rep, Period>& duration,
                                         Predicate predicate) const {
        return try_read_when_until(Deadline::after(duration), std::move(predicate));
    }
    template <class Rep, class Period, class Predicate>
    [[nodiscard]] auto try_write_when_for(const std::chrono::duration<Rep, Period>& duration,
                                          Predicate predicate) {
        return try_write_when_until(Deadline::after(duration), std::move(predicate));
    }
    template <class Rep, class Period, class Predicate>
    [[nodiscard]] auto try_upgradable_read_when_for(
        const std::chrono::duration<Rep, Period>& duration, Predicate predicate) {
        return try_upgradable_read_when_until(Deadline::after(duration), std::move(predicate));
    }

    /// As these, or nothing once `time` has come: a Deadline, or a point in time on any clock.
    template <class Time, class Predicate>
    [[nodiscard]] auto try_read_when_until(const Time& time, Predicate predicate) const {
        return detail::lock_when<SharedMode>(self().raw(), time, reader(), predicate);
    }
    template <class Time, class Predicate>
    [[nodiscard]] auto try_write_when_until(const Time& time, Predicate predicate) {
        return detail::lock_when<ExclusiveMode>(self().raw(), time, writer(), predicate);
    }
    template <class Time, class Predicate>
    [[nodiscard]] auto try_upgradable_read_when_until(const Time& time, Predicate predicate) {
        return detail::lock_when<UpgradableMode>(self().raw(), time, upgradable(), predicate);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// As these, or nothing once a stop is requested. If the predicate holds then and the lock is
    /// free, it is taken.
    template <class Predicate>
    [[nodiscard]] auto read_when(std::stop_token stop, Predicate predicate) const {
        return detail::lock_when<SharedMode>(self().raw(), stop, reader(), predicate);
    }
    template <class Predicate>
    [[nodiscard]] auto write_when(std::stop_token stop, Predicate predicate) {
        return detail::lock_when<ExclusiveMode>(self().raw(), stop, writer(), predicate);
    }
    template <class Predicate>
    [[nodiscard]] auto upgradable_read_when(std::stop_token stop, Predicate predicate) {
        return detail::lock_when<UpgradableMode>(self().raw(), stop, upgradable(), predicate);
    }
#endif

  private:
    friend Lock;
    constexpr ReadWriteWhen() noexcept = default;

    Lock& self() noexcept { return static_cast<Lock&>(*this); }
    const Lock& self() const noexcept { return static_cast<const Lock&>(*this); }

    auto reader() const noexcept {
        return [this]() { return self().read(std::adopt_lock); };
    }
    auto writer() noexcept {
        return [this]() { return self().write(std::adopt_lock); };
    }
    auto upgradable() noexcept {
        return [this]() { return self().upgradable_read(std::adopt_lock); };
    }

    template <class Mode, class Guard, class Predicate>
    static Guard when(Guard guard, Predicate& predicate) {
        (void)await_data<Mode>(guard.raw(), Deadline::never(), *guard, predicate);
        return guard;
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
