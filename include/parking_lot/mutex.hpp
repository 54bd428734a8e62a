// SPDX-License-Identifier: MIT
// BasicMutex and Mutex: a raw lock together with the data it protects.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/detail/lock_when.hpp"
#include "parking_lot/detail/origin.hpp"
#include "parking_lot/guard.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_USE_STD
#include "parking_lot/std_backend.hpp"
#else
#include "parking_lot/raw_mutex.hpp"
#endif

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

template <RawLockable Raw, class T>
class BasicMutex;

namespace detail {

/// The mutex that gives access to T: a const one where T is const.
template <class Raw, class T>
using MutexOf =
    std::conditional_t<std::is_const_v<T>, const BasicMutex<Raw, std::remove_const_t<T>>,
                       BasicMutex<Raw, T>>;

/// What a guard gives access to. Const where one thread may hold several guards of one lock.
template <class Raw, class T>
using Guarded = std::conditional_t<RawReentrantLockable<Raw>, const T, T>;

}  // namespace detail

/// The guard of a BasicMutex<Raw, T>; BasicMutexGuard<Raw, const T> is that of a const mutex, since
/// const means shared, and shared means read-only.
template <class Raw, class T>
using BasicMutexGuard = Guard<detail::MutexOf<Raw, T>*, detail::ExclusiveMode, T>;

/// The guard that lock_owned() returns: it keeps its mutex alive.
template <class Raw, class T>
using BasicOwnedMutexGuard =
    Guard<std::shared_ptr<detail::MutexOf<Raw, T>>, detail::ExclusiveMode, T>;

/// Data of type T that only the holder of the lock can reach.
///
/// ~~~
/// parking_lot::Mutex<std::vector<int>> numbers;
/// numbers.lock()->push_back(1);                      // one call
/// { auto guard = numbers.lock(); guard->clear(); }   // several
/// if (auto guard = numbers.try_lock()) (*guard)->push_back(2);
/// ~~~
///
/// There is no poisoning: an exception that leaves a critical section releases the lock and leaves
/// the data as it is. Not recursive. Neither copyable nor movable: other threads hold its address.
/// All lock functions exist on a const mutex too, and then give access to `const T`; so do all
/// those of a reentrant lock.
///
/// `Raw` may be any lock with lock, try_lock and unlock; the timed, fair and stoppable functions
/// exist when `Raw` has them (raw_lock.hpp).
template <RawLockable Raw, class T>
class BasicMutex : public detail::LockWhen<BasicMutex<Raw, T>> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "T must be a non-const object type");
    using Exclusive = detail::ExclusiveMode;
    using Origin = detail::Origin;

  public:
    using RawType = Raw;
    using ValueType = T;
    using Guard = BasicMutexGuard<Raw, detail::Guarded<Raw, T>>;
    using ConstGuard = BasicMutexGuard<Raw, const T>;

    /// Value-initializes the data. NOLINTNEXTLINE(google-explicit-constructor)
    constexpr BasicMutex(Origin origin = Origin::current()) noexcept(
        std::is_nothrow_default_constructible_v<T>)
        requires std::default_initializable<Raw> && std::default_initializable<T>
        : data_() {
        detail::set_origin(raw_, origin);
    }
    constexpr explicit BasicMutex(std::in_place_t, Origin origin = Origin::current())
        requires std::default_initializable<Raw> && std::default_initializable<T>
        : BasicMutex{origin} {}

    /// Takes the data over.
    constexpr explicit BasicMutex(T value, Origin origin = Origin::current()) noexcept(
        std::is_nothrow_move_constructible_v<T>)
        requires std::default_initializable<Raw> && std::move_constructible<T>
        : data_(std::move(value)) {
        detail::set_origin(raw_, origin);
    }

    /// Constructs the data in place: `Mutex<std::string> m{std::in_place, 3, 'x'};`
    template <class... Arguments>
        requires std::default_initializable<Raw> && std::constructible_from<T, Arguments...>
    constexpr explicit BasicMutex(detail::InPlace in_place, Arguments&&... arguments)
        : data_(std::forward<Arguments>(arguments)...) {
        detail::set_origin(raw_, in_place.origin);
    }

    /// The same with a configuration for the raw lock, such as the name of a metered one.
    explicit BasicMutex(RawConfiguration<Raw> configuration)
        requires RawConfigurable<Raw> && std::default_initializable<T>
        : raw_{std::move(configuration)}, data_() {}
    explicit BasicMutex(RawConfiguration<Raw> configuration, T value)
        requires RawConfigurable<Raw> && std::move_constructible<T>
        : raw_{std::move(configuration)}, data_(std::move(value)) {}
    template <class... Arguments>
        requires RawConfigurable<Raw> && std::constructible_from<T, Arguments...>
    explicit BasicMutex(RawConfiguration<Raw> configuration, std::in_place_t,
                        Arguments&&... arguments)
        : raw_{std::move(configuration)}, data_(std::forward<Arguments>(arguments)...) {}

    BasicMutex(const BasicMutex&) = delete;
    BasicMutex& operator=(const BasicMutex&) = delete;

    /// Locks, sleeping while another thread holds the lock, and returns the guard.
    Guard lock() PARKING_LOT_LIFETIMEBOUND {
        Exclusive::lock(raw_);
        return lock(std::adopt_lock);
    }
    ConstGuard lock() const PARKING_LOT_LIFETIMEBOUND {
        Exclusive::lock(raw_);
        return lock(std::adopt_lock);
    }

    /// The guard of a lock that the caller knows to be locked and unguarded, such as one whose
    /// guard was leaked.
    Guard lock(std::adopt_lock_t) noexcept PARKING_LOT_LIFETIMEBOUND {
        return {std::adopt_lock, this, data_};
    }
    ConstGuard lock(std::adopt_lock_t) const noexcept PARKING_LOT_LIFETIMEBOUND {
        return {std::adopt_lock, this, data_};
    }

    /// The guard if the lock is free now. Never blocks.
    [[nodiscard]] std::optional<Guard> try_lock() PARKING_LOT_LIFETIMEBOUND {
        return guard_if(*this, raw_.try_lock());
    }
    [[nodiscard]] std::optional<ConstGuard> try_lock() const PARKING_LOT_LIFETIMEBOUND {
        return guard_if(*this, raw_.try_lock());
    }

    /// Locks, or returns nothing after `duration`. Any standard duration: zero and negative ones
    /// try once, max() waits for ever.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<Guard> try_lock_for(std::chrono::duration<Rep, Period> duration)
        requires RawTimedLockable<Raw>
    {
        return guard_if(*this, wait_for(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] std::optional<ConstGuard> try_lock_for(
        std::chrono::duration<Rep, Period> duration) const
        requires RawTimedLockable<Raw>
    {
        return guard_if(*this, wait_for(duration));
    }

    /// Locks, or returns nothing once `time` has come, on any clock.
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<Guard> try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time)
        requires RawTimedLockable<Raw>
    {
        return guard_if(*this, wait_until(time));
    }
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<ConstGuard> try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) const
        requires RawTimedLockable<Raw>
    {
        return guard_if(*this, wait_until(time));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Locks, or returns nothing once a stop is requested. A free lock is taken even then.
    [[nodiscard]] std::optional<Guard> lock(std::stop_token stop)
        requires RawStoppable<Raw>
    {
        return guard_if(*this, raw_.lock(std::move(stop)));
    }
    [[nodiscard]] std::optional<ConstGuard> lock(std::stop_token stop) const
        requires RawStoppable<Raw>
    {
        return guard_if(*this, raw_.lock(std::move(stop)));
    }
#endif

    /// Calls `function(T&)` with the lock held and returns its result.
    /// ~~~
    /// const auto size = numbers.with_lock([](auto& v) { v.push_back(3); return v.size(); });
    /// ~~~
    // Unconstrained: to test a generic lambda against `const T&` would instantiate its body.
    template <class Function>
    decltype(auto) with_lock(Function&& function) {
        const Guard guard = lock();
        return std::invoke(std::forward<Function>(function), *guard);
    }
    template <class Function>
    decltype(auto) with_lock(Function&& function) const {
        const ConstGuard guard = lock();
        return std::invoke(std::forward<Function>(function), *guard);
    }

    /// The data without locking, for the only owner of the mutex (a constructor, a test).
    [[nodiscard]] T& get_mut() noexcept PARKING_LOT_LIFETIMEBOUND { return data_; }

    /// Moves the data out of a mutex that is not used any more.
    [[nodiscard]] T into_inner() && { return std::move(data_); }

    /// The data's address, without locking. Following it needs the lock.
    [[nodiscard]] T* data_ptr() noexcept PARKING_LOT_LIFETIMEBOUND { return std::addressof(data_); }
    [[nodiscard]] const T* data_ptr() const noexcept PARKING_LOT_LIFETIMEBOUND {
        return std::addressof(data_);
    }

    /// Whether some thread holds the lock. Out of date when it returns: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept
        requires RawInspectable<Raw>
    {
        return raw_.is_locked();
    }

    /// The raw lock, for std::unique_lock and the like. It can be locked and unlocked here, but
    /// unlocking behind a guard's back is an error.
    [[nodiscard]] Raw& raw() const noexcept PARKING_LOT_LIFETIMEBOUND { return raw_; }

    /// Unlocks without a guard, after the guard was leaked.
    void force_unlock() const { Exclusive::unlock(raw_); }
    void force_unlock_fair() const
        requires RawFairLockable<Raw>
    {
        Exclusive::unlock_fair(raw_);
    }

  private:
    template <class Self>
    static auto guard_if(Self& self, bool locked) {
        using Result = std::optional<decltype(self.lock(std::adopt_lock))>;
        return locked ? Result{self.lock(std::adopt_lock)} : Result{};
    }

    template <class Rep, class Period>
    bool wait_for(const std::chrono::duration<Rep, Period>& duration) const {
        return Exclusive::try_lock(raw_) ||
               Exclusive::try_lock_until(raw_, Deadline::after(duration));
    }

    template <class Clock, class Duration>
    bool wait_until(const std::chrono::time_point<Clock, Duration>& time) const {
        return Exclusive::try_lock(raw_) || attempt_until(time, [this](Deadline d) {
                   return Exclusive::try_lock_until(raw_, d);
               });
    }

    [[no_unique_address]] mutable Raw raw_{};
    T data_;
};

// The lock fills what is padding anyway when T is aligned to four bytes or more.
#if PARKING_LOT_USE_STD
using DefaultRawMutex = RawStdMutex;
#else
using DefaultRawMutex = RawWordMutex;
#endif

/// The mutex to use unless you know why not: one atomic read-modify-write for an uncontended lock
/// and unlock, four bytes beside the data, and nobody starves. With PARKING_LOT_USE_STD the same
/// API over std::mutex. For many small objects, BasicMutex<RawMutex, T> takes one byte beside the
/// data.
template <class T>
using Mutex = BasicMutex<DefaultRawMutex, T>;

/// What Mutex<T>::lock() returns. MutexGuard<const T> is that of a const mutex.
template <class T>
using MutexGuard = BasicMutexGuard<DefaultRawMutex, T>;

/// What MutexGuard::map() returns: access to a part of the data.
template <class T>
using MappedMutexGuard = Guard<DefaultRawMutex*, detail::ExclusiveMode, T>;

/// What lock_owned() returns: a guard that keeps its mutex alive.
template <class T>
using OwnedMutexGuard = BasicOwnedMutexGuard<DefaultRawMutex, T>;

/// What OwnedMutexGuard::map() returns.
template <class T>
using MappedOwnedMutexGuard = Guard<std::shared_ptr<DefaultRawMutex>, detail::ExclusiveMode, T>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
