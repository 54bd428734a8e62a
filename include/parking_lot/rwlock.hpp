// SPDX-License-Identifier: MIT
// BasicRwLock and RwLock: data that one thread may write or many may read at a time.
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
#include "parking_lot/std_rwlock_backend.hpp"
#else
#include "parking_lot/raw_rwlock.hpp"
#endif

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

template <RawSharedLockable Raw, class T>
class BasicRwLock;

/// The guards of a BasicRwLock<Raw, T>.
template <class Raw, class T>
using BasicRwLockReadGuard = Guard<const BasicRwLock<Raw, T>*, detail::SharedMode, const T>;
template <class Raw, class T>
using BasicRwLockWriteGuard = Guard<BasicRwLock<Raw, T>*, detail::ExclusiveMode, T>;
template <class Raw, class T>
using BasicRwLockUpgradableReadGuard = Guard<BasicRwLock<Raw, T>*, detail::UpgradableMode, const T>;

/// Those that keep their lock alive (lock_owned.hpp).
template <class Raw, class T>
using BasicOwnedRwLockReadGuard =
    Guard<std::shared_ptr<const BasicRwLock<Raw, T>>, detail::SharedMode, const T>;
template <class Raw, class T>
using BasicOwnedRwLockWriteGuard =
    Guard<std::shared_ptr<BasicRwLock<Raw, T>>, detail::ExclusiveMode, T>;
template <class Raw, class T>
using BasicOwnedRwLockUpgradableReadGuard =
    Guard<std::shared_ptr<BasicRwLock<Raw, T>>, detail::UpgradableMode, const T>;

/// Data of type T that many threads may read, or one may write, at a time.
///
/// ~~~
/// parking_lot::RwLock<std::map<std::string, int>> table;
/// table.write()->emplace("answer", 42);
/// { auto guard = table.read(); use(guard->at("answer")); }
/// {
///     auto guard = table.upgradable_read();            // reads beside readers …
///     if (!guard->contains("question")) {
///         auto writer = std::move(guard).upgrade();    // … then writes, with no other in between
///         writer->emplace("question", 6 * 9);
///     }
/// }
/// ~~~
///
/// There is no poisoning: an exception that leaves a critical section releases the lock and leaves
/// the data as it is. Not recursive, unless `Raw` prefers readers. Neither copyable nor movable:
/// other threads hold its address. A const lock gives read access only.
///
/// `Raw` may be any lock with lock, lock_shared and their try_ and unlock functions; the other
/// functions exist when `Raw` has what they need (raw_lock.hpp).
template <RawSharedLockable Raw, class T>
class BasicRwLock : public detail::ReadWriteWhen<BasicRwLock<Raw, T>> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "T must be a non-const object type");
    using Shared = detail::SharedMode;
    using Exclusive = detail::ExclusiveMode;
    using Upgradable = detail::UpgradableMode;
    using Origin = detail::Origin;

  public:
    using RawType = Raw;
    using ValueType = T;
    using ReadGuard = BasicRwLockReadGuard<Raw, T>;
    using WriteGuard = BasicRwLockWriteGuard<Raw, T>;
    using UpgradableReadGuard = BasicRwLockUpgradableReadGuard<Raw, T>;

    /// Value-initializes the data. NOLINTNEXTLINE(google-explicit-constructor)
    constexpr BasicRwLock(Origin origin = Origin::current()) noexcept(
        std::is_nothrow_default_constructible_v<T>)
        requires std::default_initializable<Raw> && std::default_initializable<T>
        : data_() {
        detail::set_origin(raw_, origin);
    }
    constexpr explicit BasicRwLock(std::in_place_t, Origin origin = Origin::current())
        requires std::default_initializable<Raw> && std::default_initializable<T>
        : BasicRwLock{origin} {}

    /// Takes the data over.
    constexpr explicit BasicRwLock(T value, Origin origin = Origin::current()) noexcept(
        std::is_nothrow_move_constructible_v<T>)
        requires std::default_initializable<Raw> && std::move_constructible<T>
        : data_(std::move(value)) {
        detail::set_origin(raw_, origin);
    }

    /// Constructs the data in place: `RwLock<std::string> lock{std::in_place, 3, 'x'};`
    template <class... Arguments>
        requires std::default_initializable<Raw> && std::constructible_from<T, Arguments...>
    constexpr explicit BasicRwLock(detail::InPlace in_place, Arguments&&... arguments)
        : data_(std::forward<Arguments>(arguments)...) {
        detail::set_origin(raw_, in_place.origin);
    }

    /// The same with a configuration for the raw lock, such as the name of a metered one.
    explicit BasicRwLock(RawConfiguration<Raw> configuration)
        requires RawConfigurable<Raw> && std::default_initializable<T>
        : raw_{std::move(configuration)}, data_() {}
    explicit BasicRwLock(RawConfiguration<Raw> configuration, T value)
        requires RawConfigurable<Raw> && std::move_constructible<T>
        : raw_{std::move(configuration)}, data_(std::move(value)) {}
    template <class... Arguments>
        requires RawConfigurable<Raw> && std::constructible_from<T, Arguments...>
    explicit BasicRwLock(RawConfiguration<Raw> configuration, std::in_place_t,
                         Arguments&&... arguments)
        : raw_{std::move(configuration)}, data_(std::forward<Arguments>(arguments)...) {}

    BasicRwLock(const BasicRwLock&) = delete;
    BasicRwLock& operator=(const BasicRwLock&) = delete;

    /// Locks for reading, sleeping while a writer holds the lock (or, by the policy, waits for it).
    ReadGuard read() const PARKING_LOT_LIFETIMEBOUND {
        Shared::lock(raw_);
        return read(std::adopt_lock);
    }
    /// Locks for writing, sleeping while others hold the lock.
    WriteGuard write() PARKING_LOT_LIFETIMEBOUND {
        Exclusive::lock(raw_);
        return write(std::adopt_lock);
    }
    /// Locks for reading with the right to upgrade the guard to writing. Only one thread at a time
    /// has it; readers come and go beside it.
    UpgradableReadGuard upgradable_read() PARKING_LOT_LIFETIMEBOUND
        requires RawUpgradable<Raw>
    {
        Upgradable::lock(raw_);
        return upgradable_read(std::adopt_lock);
    }

    /// The guard of a lock that the caller knows to be locked in this mode and unguarded, such as
    /// one whose guard was leaked.
    ReadGuard read(std::adopt_lock_t) const noexcept { return {std::adopt_lock, this, data_}; }
    WriteGuard write(std::adopt_lock_t) noexcept { return {std::adopt_lock, this, data_}; }
    UpgradableReadGuard upgradable_read(std::adopt_lock_t) noexcept {
        return {std::adopt_lock, this, data_};
    }

    /// The guard if that needs no wait now. Never blocks.
    [[nodiscard]] std::optional<ReadGuard> try_read() const {
        return read_if(Shared::try_lock(raw_));
    }
    [[nodiscard]] std::optional<WriteGuard> try_write() {
        return write_if(Exclusive::try_lock(raw_));
    }
    [[nodiscard]] std::optional<UpgradableReadGuard> try_upgradable_read()
        requires RawUpgradable<Raw>
    {
        return upgradable_if(Upgradable::try_lock(raw_));
    }

    /// Lock, or return nothing after `duration`. Any standard duration: zero and negative ones try
    /// once, max() waits for ever.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<ReadGuard> try_read_for(
        std::chrono::duration<Rep, Period> duration) const
        requires RawSharedTimedLockable<Raw>
    {
        return read_if(wait_for<Shared>(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] std::optional<WriteGuard> try_write_for(
        std::chrono::duration<Rep, Period> duration)
        requires RawTimedLockable<Raw>
    {
        return write_if(wait_for<Exclusive>(duration));
    }
    template <class Rep, class Period>
    [[nodiscard]] std::optional<UpgradableReadGuard> try_upgradable_read_for(
        std::chrono::duration<Rep, Period> duration)
        requires RawUpgradableTimed<Raw>
    {
        return upgradable_if(wait_for<Upgradable>(duration));
    }

    /// Lock, or return nothing once `time` has come, on any clock.
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<ReadGuard> try_read_until(
        const std::chrono::time_point<Clock, Duration>& time) const
        requires RawSharedTimedLockable<Raw>
    {
        return read_if(wait_until<Shared>(time));
    }
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<WriteGuard> try_write_until(
        const std::chrono::time_point<Clock, Duration>& time)
        requires RawTimedLockable<Raw>
    {
        return write_if(wait_until<Exclusive>(time));
    }
    template <class Clock, class Duration>
    [[nodiscard]] std::optional<UpgradableReadGuard> try_upgradable_read_until(
        const std::chrono::time_point<Clock, Duration>& time)
        requires RawUpgradableTimed<Raw>
    {
        return upgradable_if(wait_until<Upgradable>(time));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Lock, or return nothing once a stop is requested. A free lock is taken even then.
    [[nodiscard]] std::optional<ReadGuard> read(std::stop_token stop) const
        requires RawSharedStoppable<Raw>
    {
        return read_if(Shared::lock(raw_, std::move(stop)));
    }
    [[nodiscard]] std::optional<WriteGuard> write(std::stop_token stop)
        requires RawStoppable<Raw>
    {
        return write_if(Exclusive::lock(raw_, std::move(stop)));
    }
    [[nodiscard]] std::optional<UpgradableReadGuard> upgradable_read(std::stop_token stop)
        requires RawUpgradableStoppable<Raw>
    {
        return upgradable_if(Upgradable::lock(raw_, std::move(stop)));
    }
#endif

    /// Calls `function` with the data, const for reading, with the lock held. Returns its result.
    // Unconstrained: to test a generic lambda against `const T&` would instantiate its body.
    template <class Function>
    decltype(auto) with_read(Function&& function) const {
        const ReadGuard guard = read();
        return std::invoke(std::forward<Function>(function), *guard);
    }
    template <class Function>
    decltype(auto) with_write(Function&& function) {
        const WriteGuard guard = write();
        return std::invoke(std::forward<Function>(function), *guard);
    }

    /// How lock_all() is to lock this lock: `lock_all(mutex, table.read_mode())`.
    [[nodiscard]] detail::InMode<const BasicRwLock, Shared> read_mode() const noexcept {
        return {*this};
    }
    [[nodiscard]] detail::InMode<BasicRwLock, Exclusive> write_mode() noexcept { return {*this}; }
    [[nodiscard]] detail::InMode<BasicRwLock, Upgradable> upgradable_mode() noexcept
        requires RawUpgradable<Raw>
    {
        return {*this};
    }

    /// The data without locking, for the only owner of the lock (a constructor, a test).
    [[nodiscard]] T& get_mut() noexcept PARKING_LOT_LIFETIMEBOUND { return data_; }

    /// Moves the data out of a lock that is not used any more.
    [[nodiscard]] T into_inner() && { return std::move(data_); }

    /// The data's address, without locking. Following it needs the lock.
    [[nodiscard]] T* data_ptr() noexcept PARKING_LOT_LIFETIMEBOUND { return std::addressof(data_); }
    [[nodiscard]] const T* data_ptr() const noexcept PARKING_LOT_LIFETIMEBOUND {
        return std::addressof(data_);
    }

    /// Whether some thread holds the lock, or holds it for writing. Out of date when they return:
    /// for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept
        requires RawInspectable<Raw>
    {
        return raw_.is_locked();
    }
    [[nodiscard]] bool is_locked_exclusive() const noexcept
        requires requires(const Raw& raw) { raw.is_locked_exclusive(); }
    {
        return raw_.is_locked_exclusive();
    }

    /// The raw lock, for std::shared_lock and the like. It can be locked and unlocked here, but
    /// unlocking behind a guard's back is an error.
    [[nodiscard]] Raw& raw() const noexcept PARKING_LOT_LIFETIMEBOUND { return raw_; }

    /// Unlock without a guard, after the guard was leaked.
    void force_unlock_read() const { Shared::unlock(raw_); }
    void force_unlock_write() { Exclusive::unlock(raw_); }
    void force_unlock_upgradable_read()
        requires RawUpgradable<Raw>
    {
        Upgradable::unlock(raw_);
    }
    void force_unlock_read_fair() const
        requires RawSharedFairLockable<Raw>
    {
        Shared::unlock_fair(raw_);
    }
    void force_unlock_write_fair()
        requires RawFairLockable<Raw>
    {
        Exclusive::unlock_fair(raw_);
    }

  private:
    std::optional<ReadGuard> read_if(bool locked) const {
        return locked ? std::optional{read(std::adopt_lock)} : std::nullopt;
    }
    std::optional<WriteGuard> write_if(bool locked) {
        return locked ? std::optional{write(std::adopt_lock)} : std::nullopt;
    }
    std::optional<UpgradableReadGuard> upgradable_if(bool locked) {
        return locked ? std::optional{upgradable_read(std::adopt_lock)} : std::nullopt;
    }

    template <class Mode, class Rep, class Period>
    bool wait_for(const std::chrono::duration<Rep, Period>& duration) const {
        return Mode::try_lock(raw_) || Mode::try_lock_until(raw_, Deadline::after(duration));
    }

    template <class Mode, class Clock, class Duration>
    bool wait_until(const std::chrono::time_point<Clock, Duration>& time) const {
        return Mode::try_lock(raw_) ||
               attempt_until(time, [this](Deadline d) { return Mode::try_lock_until(raw_, d); });
    }

    [[no_unique_address]] mutable Raw raw_{};
    T data_;
};

#if PARKING_LOT_USE_STD
using DefaultRawRwLock = RawStdRwLock;
using DefaultRawReaderPreferringRwLock = RawStdRwLock;
using DefaultRawWriterPreferringRwLock = RawStdRwLock;
#else
using DefaultRawRwLock = RawRwLock;
using DefaultRawReaderPreferringRwLock = RawReaderPreferringRwLock;
using DefaultRawWriterPreferringRwLock = RawWriterPreferringRwLock;
#endif

/// The readers-writer lock to use unless you know why not: neither side starves. Four bytes beside
/// the data. With PARKING_LOT_USE_STD the same API over std::shared_mutex.
template <class T>
using RwLock = BasicRwLock<DefaultRawRwLock, T>;

/// An RwLock that may be read recursively; writers may starve.
template <class T>
using ReaderPreferringRwLock = BasicRwLock<DefaultRawReaderPreferringRwLock, T>;

/// An RwLock whose waiting writers go first; readers may starve.
template <class T>
using WriterPreferringRwLock = BasicRwLock<DefaultRawWriterPreferringRwLock, T>;

/// What RwLock<T>::read(), write() and upgradable_read() return.
template <class T>
using RwLockReadGuard = BasicRwLockReadGuard<DefaultRawRwLock, T>;
template <class T>
using RwLockWriteGuard = BasicRwLockWriteGuard<DefaultRawRwLock, T>;
template <class T>
using RwLockUpgradableReadGuard = BasicRwLockUpgradableReadGuard<DefaultRawRwLock, T>;

/// What the guards' map() returns: access to a part of the data.
template <class T>
using MappedRwLockReadGuard = Guard<DefaultRawRwLock*, detail::SharedMode, const T>;
template <class T>
using MappedRwLockWriteGuard = Guard<DefaultRawRwLock*, detail::ExclusiveMode, T>;
template <class T>
using MappedRwLockUpgradableReadGuard = Guard<DefaultRawRwLock*, detail::UpgradableMode, const T>;

/// What read_owned(), write_owned() and upgradable_read_owned() return.
template <class T>
using OwnedRwLockReadGuard = BasicOwnedRwLockReadGuard<DefaultRawRwLock, T>;
template <class T>
using OwnedRwLockWriteGuard = BasicOwnedRwLockWriteGuard<DefaultRawRwLock, T>;
template <class T>
using OwnedRwLockUpgradableReadGuard = BasicOwnedRwLockUpgradableReadGuard<DefaultRawRwLock, T>;

/// What their map() returns.
template <class T>
using MappedOwnedRwLockReadGuard =
    Guard<std::shared_ptr<DefaultRawRwLock>, detail::SharedMode, const T>;
template <class T>
using MappedOwnedRwLockWriteGuard =
    Guard<std::shared_ptr<DefaultRawRwLock>, detail::ExclusiveMode, T>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
