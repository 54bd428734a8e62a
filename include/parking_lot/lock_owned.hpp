// SPDX-License-Identifier: MIT
// lock_owned, read_owned, write_owned: guards that keep their lock alive by a std::shared_ptr.
#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

namespace detail {

/// BasicMutex<Raw, T> or const BasicMutex<Raw, T>.
template <class Mutex>
concept AnyBasicMutex = TypedLock<Mutex> && requires(Mutex& mutex) {
    mutex.data_ptr();
    mutex.force_unlock();
};

/// BasicRwLock<Raw, T>, const to be read only.
template <class Lock>
concept AnyBasicRwLock = TypedLock<Lock> && requires(Lock& lock) {
    lock.data_ptr();
    lock.force_unlock_read();
};
template <class Lock>
concept AnyWritableRwLock = AnyBasicRwLock<Lock> && !std::is_const_v<Lock>;

/// The owning guard of an RwLock that is locked in `Mode`.
template <class Mode, AnyBasicRwLock Lock>
[[nodiscard]] auto adopt_owned_in(std::shared_ptr<Lock> lock) {
    using Raw = typename Lock::RawType;
    using Data = typename Lock::ValueType;
    using OwnedGuard = std::conditional_t<
        std::same_as<Mode, SharedMode>, BasicOwnedRwLockReadGuard<Raw, Data>,
        std::conditional_t<std::same_as<Mode, ExclusiveMode>, BasicOwnedRwLockWriteGuard<Raw, Data>,
                           BasicOwnedRwLockUpgradableReadGuard<Raw, Data>>>;
    auto& data = *lock->data_ptr();
    return OwnedGuard{std::adopt_lock, std::move(lock), data};
}

template <class Mode, AnyBasicRwLock Lock>
[[nodiscard]] auto adopt_owned_in_if(bool locked, std::shared_ptr<Lock> lock) {
    using Result = std::optional<decltype(adopt_owned_in<Mode>(std::move(lock)))>;
    return locked ? Result{adopt_owned_in<Mode>(std::move(lock))} : Result{};
}

template <class Mode, AnyBasicRwLock Lock>
[[nodiscard]] auto lock_owned_in(std::shared_ptr<Lock> lock) {
    Mode::lock(lock->raw());
    return adopt_owned_in<Mode>(std::move(lock));
}

template <class Mode, AnyBasicRwLock Lock>
[[nodiscard]] auto try_lock_owned_in(std::shared_ptr<Lock> lock) {
    const bool locked = Mode::try_lock(lock->raw());
    return adopt_owned_in_if<Mode>(locked, std::move(lock));
}

template <class Mode, AnyBasicRwLock Lock, class Rep, class Period>
[[nodiscard]] auto try_lock_owned_in_for(std::shared_ptr<Lock> lock,
                                         const std::chrono::duration<Rep, Period>& duration) {
    const bool locked =
        Mode::try_lock(lock->raw()) || Mode::try_lock_until(lock->raw(), Deadline::after(duration));
    return adopt_owned_in_if<Mode>(locked, std::move(lock));
}

template <class Mode, AnyBasicRwLock Lock, class Clock, class Duration>
[[nodiscard]] auto try_lock_owned_in_until(std::shared_ptr<Lock> lock,
                                           const std::chrono::time_point<Clock, Duration>& time) {
    const bool locked =
        attempt_until(time, [&lock](Deadline d) { return Mode::try_lock_until(lock->raw(), d); });
    return adopt_owned_in_if<Mode>(locked, std::move(lock));
}

/// The owning guard of a mutex that is locked.
template <AnyBasicMutex Mutex>
[[nodiscard]] auto adopt_owned(std::shared_ptr<Mutex> mutex) {
    using Raw = typename Mutex::RawType;
    using Data = std::remove_pointer_t<decltype(mutex->data_ptr())>;
    auto& data = *mutex->data_ptr();
    return BasicOwnedMutexGuard<Raw, Guarded<Raw, Data>>{std::adopt_lock, std::move(mutex), data};
}

/// Turns the outcome of a try into an owning guard.
template <AnyBasicMutex Mutex>
[[nodiscard]] auto adopt_owned_if(bool locked, std::shared_ptr<Mutex> mutex) {
    using Result = std::optional<decltype(adopt_owned(std::move(mutex)))>;
    return locked ? Result{adopt_owned(std::move(mutex))} : Result{};
}

}  // namespace detail

/// Locks `*mutex` and returns a guard that owns a share of it, so that the guard may outlive every
/// other owner: store it, return it, move it into a task. Takes the pointer by value; no
/// allocation. A pointer to a const mutex gives access to const data.
/// ~~~
/// auto engine = std::make_shared<parking_lot::Mutex<Engine>>();
/// parking_lot::OwnedMutexGuard<Engine> guard = parking_lot::lock_owned(engine);
/// ~~~
template <detail::AnyBasicMutex Mutex>
[[nodiscard]] auto lock_owned(std::shared_ptr<Mutex> mutex) {
    detail::ExclusiveMode::lock(mutex->raw());
    return detail::adopt_owned(std::move(mutex));
}

/// As lock_owned(), if the lock is free now: a std::optional.
template <detail::AnyBasicMutex Mutex>
[[nodiscard]] auto try_lock_owned(std::shared_ptr<Mutex> mutex) {
    const bool locked = mutex->raw().try_lock();
    return detail::adopt_owned_if(locked, std::move(mutex));
}

/// As lock_owned(), or nothing after `duration`.
template <detail::AnyBasicMutex Mutex, class Rep, class Period>
    requires RawTimedLockable<typename Mutex::RawType>
[[nodiscard]] auto try_lock_owned_for(std::shared_ptr<Mutex> mutex,
                                      std::chrono::duration<Rep, Period> duration) {
    const bool locked = mutex->raw().try_lock_until(Deadline::after(duration));
    return detail::adopt_owned_if(locked, std::move(mutex));
}

/// As lock_owned(), or nothing once `time` has come.
template <detail::AnyBasicMutex Mutex, class Clock, class Duration>
    requires RawTimedLockable<typename Mutex::RawType>
[[nodiscard]] auto try_lock_owned_until(std::shared_ptr<Mutex> mutex,
                                        const std::chrono::time_point<Clock, Duration>& time) {
    const bool locked =
        attempt_until(time, [&mutex](Deadline d) { return mutex->raw().try_lock_until(d); });
    return detail::adopt_owned_if(locked, std::move(mutex));
}

#if PARKING_LOT_HAS_STOP_TOKEN
/// As lock_owned(), or nothing once a stop is requested.
template <detail::AnyBasicMutex Mutex>
    requires RawStoppable<typename Mutex::RawType>
[[nodiscard]] auto lock_owned(std::shared_ptr<Mutex> mutex, std::stop_token stop) {
    const bool locked = mutex->raw().lock(std::move(stop));
    return detail::adopt_owned_if(locked, std::move(mutex));
}
#endif

/// Lock an RwLock and return a guard that owns a share of it, as lock_owned() does for a mutex. The
/// try_ forms return a std::optional. A pointer to a const lock can be read only.
/// ~~~
/// auto table = std::make_shared<parking_lot::RwLock<Table>>();
/// parking_lot::OwnedRwLockReadGuard<Table> guard = parking_lot::read_owned(table);
/// ~~~
template <detail::AnyBasicRwLock Lock>
[[nodiscard]] auto read_owned(std::shared_ptr<Lock> lock) {
    return detail::lock_owned_in<detail::SharedMode>(std::move(lock));
}
template <detail::AnyBasicRwLock Lock>
[[nodiscard]] auto try_read_owned(std::shared_ptr<Lock> lock) {
    return detail::try_lock_owned_in<detail::SharedMode>(std::move(lock));
}
template <detail::AnyBasicRwLock Lock, class Rep, class Period>
    requires detail::TimedMode<detail::SharedMode, typename Lock::RawType>
[[nodiscard]] auto try_read_owned_for(std::shared_ptr<Lock> lock,
                                      std::chrono::duration<Rep, Period> duration) {
    return detail::try_lock_owned_in_for<detail::SharedMode>(std::move(lock), duration);
}
template <detail::AnyBasicRwLock Lock, class Clock, class Duration>
    requires detail::TimedMode<detail::SharedMode, typename Lock::RawType>
[[nodiscard]] auto try_read_owned_until(std::shared_ptr<Lock> lock,
                                        const std::chrono::time_point<Clock, Duration>& time) {
    return detail::try_lock_owned_in_until<detail::SharedMode>(std::move(lock), time);
}

template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto write_owned(std::shared_ptr<Lock> lock) {
    return detail::lock_owned_in<detail::ExclusiveMode>(std::move(lock));
}
template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto try_write_owned(std::shared_ptr<Lock> lock) {
    return detail::try_lock_owned_in<detail::ExclusiveMode>(std::move(lock));
}
template <detail::AnyWritableRwLock Lock, class Rep, class Period>
    requires detail::TimedMode<detail::ExclusiveMode, typename Lock::RawType>
[[nodiscard]] auto try_write_owned_for(std::shared_ptr<Lock> lock,
                                       std::chrono::duration<Rep, Period> duration) {
    return detail::try_lock_owned_in_for<detail::ExclusiveMode>(std::move(lock), duration);
}
template <detail::AnyWritableRwLock Lock, class Clock, class Duration>
    requires detail::TimedMode<detail::ExclusiveMode, typename Lock::RawType>
[[nodiscard]] auto try_write_owned_until(std::shared_ptr<Lock> lock,
                                         const std::chrono::time_point<Clock, Duration>& time) {
    return detail::try_lock_owned_in_until<detail::ExclusiveMode>(std::move(lock), time);
}

template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto upgradable_read_owned(std::shared_ptr<Lock> lock) {
    return detail::lock_owned_in<detail::UpgradableMode>(std::move(lock));
}
template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto try_upgradable_read_owned(std::shared_ptr<Lock> lock) {
    return detail::try_lock_owned_in<detail::UpgradableMode>(std::move(lock));
}
template <detail::AnyWritableRwLock Lock, class Rep, class Period>
    requires detail::TimedMode<detail::UpgradableMode, typename Lock::RawType>
[[nodiscard]] auto try_upgradable_read_owned_for(std::shared_ptr<Lock> lock,
                                                 std::chrono::duration<Rep, Period> duration) {
    return detail::try_lock_owned_in_for<detail::UpgradableMode>(std::move(lock), duration);
}
template <detail::AnyWritableRwLock Lock, class Clock, class Duration>
    requires detail::TimedMode<detail::UpgradableMode, typename Lock::RawType>
[[nodiscard]] auto try_upgradable_read_owned_until(
    std::shared_ptr<Lock> lock, const std::chrono::time_point<Clock, Duration>& time) {
    return detail::try_lock_owned_in_until<detail::UpgradableMode>(std::move(lock), time);
}

#if PARKING_LOT_HAS_STOP_TOKEN
/// As read_owned() and so on, or nothing once a stop is requested.
template <detail::AnyBasicRwLock Lock>
[[nodiscard]] auto read_owned(std::shared_ptr<Lock> lock, std::stop_token stop) {
    const bool locked = detail::SharedMode::lock(lock->raw(), std::move(stop));
    return detail::adopt_owned_in_if<detail::SharedMode>(locked, std::move(lock));
}
template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto write_owned(std::shared_ptr<Lock> lock, std::stop_token stop) {
    const bool locked = detail::ExclusiveMode::lock(lock->raw(), std::move(stop));
    return detail::adopt_owned_in_if<detail::ExclusiveMode>(locked, std::move(lock));
}
template <detail::AnyWritableRwLock Lock>
[[nodiscard]] auto upgradable_read_owned(std::shared_ptr<Lock> lock, std::stop_token stop) {
    const bool locked = detail::UpgradableMode::lock(lock->raw(), std::move(stop));
    return detail::adopt_owned_in_if<detail::UpgradableMode>(locked, std::move(lock));
}
#endif

}  // namespace parking_lot::inline PARKING_LOT_ABI
