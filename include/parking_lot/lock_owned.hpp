// SPDX-License-Identifier: MIT
// lock_owned: guards that keep their mutex alive through a std::shared_ptr.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/mutex.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

namespace detail {

/// BasicMutex<Raw, T> or const BasicMutex<Raw, T>.
template <class Mutex>
concept AnyBasicMutex = TypedLock<Mutex> && requires(Mutex& mutex) { mutex.data_ptr(); };

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
    mutex->raw().lock();
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

}  // namespace parking_lot::inline PARKING_LOT_ABI
