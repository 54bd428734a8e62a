// SPDX-License-Identifier: MIT
// Guard: the one RAII guard behind every lock of the library, plain, mapped and owning.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/detail/await.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

namespace detail {

/// A lock with data, as opposed to the raw lock in it.
template <class Lock>
concept TypedLock = requires(const Lock& lock) {
    typename Lock::RawType;
    { lock.raw() } -> std::same_as<typename Lock::RawType&>;
};

template <class Lock>
auto& raw_of(Lock& lock) noexcept {
    if constexpr (TypedLock<Lock>) {
        return lock.raw();
    } else {
        return lock;
    }
}

/// Runs its function at the end of the scope, also when an exception leaves it.
template <class Function>
class OnScopeExit {
  public:
    explicit OnScopeExit(Function function) noexcept : function_{std::move(function)} {}
    OnScopeExit(const OnScopeExit&) = delete;
    OnScopeExit& operator=(const OnScopeExit&) = delete;
    ~OnScopeExit() { function_(); }

  private:
    Function function_;
};

}  // namespace detail

/// Access to the data of a lock, for as long as the guard lives; its destructor unlocks.
///
/// Users name it by aliases: MutexGuard<T>, MappedMutexGuard<T>, OwnedMutexGuard<T>, …
/// - `LockPointer` ties it to its lock: a plain pointer (the lock must outlive the guard) or a
///   std::shared_ptr (keeps the lock alive). It points to the typed lock, or, in a mapped guard, to
///   the raw lock in it: a mapped guard cannot relock, since that could invalidate what it refers
///   to.
/// - `Mode` is how to unlock.
/// - `T` is what it gives access to.
///
/// Movable, not copyable. It may be moved to another thread and unlock there. A guard that was
/// moved from or unlocked is empty; using an empty guard is an error (reported in checked builds).
/// `auto& x = *lock.lock();` would dangle and does not compile; `lock.lock()->f()` is fine.
template <class LockPointer, class Mode, class T>
class [[nodiscard]] Guard {
    using Lock = typename std::pointer_traits<LockPointer>::element_type;
    using Raw = std::remove_reference_t<decltype(detail::raw_of(std::declval<Lock&>()))>;
    static constexpr bool kMapped = !detail::TypedLock<Lock>;

    // What an RwLock's guard can become.
    static constexpr bool kDowngrades = !kMapped && detail::DowngradableMode<Mode, Raw>;
    static constexpr bool kWrites =
        !kMapped && std::same_as<Mode, detail::ExclusiveMode> && RawUpgradable<Raw>;
    static constexpr bool kUpgrades =
        !kMapped && std::same_as<Mode, detail::UpgradableMode> && RawUpgradable<Raw>;
    static constexpr bool kUpgradesTimed = kUpgrades && RawUpgradableTimed<Raw>;
#if PARKING_LOT_HAS_STOP_TOKEN
    static constexpr bool kUpgradesStoppable = kUpgrades && RawUpgradableStoppable<Raw>;
#endif

    template <class U>
    using Rebind =
        typename std::conditional_t<std::is_pointer_v<LockPointer>, std::type_identity<U*>,
                                    std::type_identity<std::shared_ptr<U>>>::type;

    /// The guard of the same lock in another mode: const means shared.
    template <class NewMode>
    using InMode =
        std::conditional_t<std::same_as<NewMode, detail::SharedMode>,
                           Guard<Rebind<const Lock>, NewMode, const T>,
                           Guard<LockPointer, NewMode,
                                 std::conditional_t<std::same_as<NewMode, detail::ExclusiveMode>,
                                                    std::remove_const_t<T>, const T>>>;

  public:
    /// The guard that map() makes of this one: over a part `U` of the data.
    template <class U>
    using Mapped = Guard<Rebind<Raw>, Mode, U>;

    /// Takes over a lock that the caller has locked. The locks themselves call this.
    Guard(std::adopt_lock_t, LockPointer lock, T& data) noexcept
        : lock_{std::move(lock)}, data_{std::addressof(data)} {}

    Guard(Guard&& other) noexcept
        : lock_{std::exchange(other.lock_, nullptr)}, data_{std::exchange(other.data_, nullptr)} {}

    /// Takes over what `other` holds, then unlocks what this guard held: in this order, as `other`
    /// may live in the data that this guard protects.
    Guard& operator=(Guard&& other) noexcept {
        Guard taken{std::move(other)};
        std::swap(lock_, taken.lock_);
        std::swap(data_, taken.data_);
        return *this;
    }

    ~Guard() {
        if (lock_) Mode::unlock(raw());  // the pointer keeps an owned lock alive until after this
    }

    /// The data. Not on a temporary guard: the reference would outlive the lock.
    [[nodiscard]] T& operator*() const& noexcept PARKING_LOT_LIFETIMEBOUND { return *get(); }
    T& operator*() const&& = delete;

    /// The data's members, on a temporary guard too: `m.lock()->push_back(1);`
    [[nodiscard]] T* operator->() const noexcept PARKING_LOT_LIFETIMEBOUND { return get(); }

    /// Whether the guard holds its lock: false once moved from or unlocked.
    [[nodiscard]] bool owns_lock() const noexcept { return lock_ != nullptr; }
    [[nodiscard]] explicit operator bool() const noexcept { return owns_lock(); }

    /// Unlocks before the end of the scope. The guard is empty afterwards.
    void unlock() noexcept {
        const LockPointer lock = release();
        Mode::unlock(detail::raw_of(*lock));
    }

    /// Unlocks by handing the lock to the thread that has waited longest, if one waits.
    void unlock_fair() noexcept
        requires detail::FairMode<Mode, Raw>
    {
        const LockPointer lock = release();
        Mode::unlock_fair(detail::raw_of(*lock));
    }

    /// Unlocks, runs `function()`, and locks again, also when it throws. Returns its result.
    /// References to the data taken before are out of date afterwards.
    template <std::invocable Function>
        requires(!kMapped)
    decltype(auto) unlocked(Function&& function) {
        Mode::unlock(raw());
        const detail::OnScopeExit relock{[this]() { Mode::lock(raw()); }};
        return std::invoke(std::forward<Function>(function));
    }

    /// As unlocked(), but hands the lock to the thread that has waited longest.
    template <std::invocable Function>
        requires(!kMapped && detail::FairMode<Mode, Raw>)
    decltype(auto) unlocked_fair(Function&& function) {
        Mode::unlock_fair(raw());
        const detail::OnScopeExit relock{[this]() { Mode::lock(raw()); }};
        return std::invoke(std::forward<Function>(function));
    }

    /// Lets a waiting thread, if any, have the lock for a turn. One load when nobody waits.
    void bump()
        requires(!kMapped && detail::FairMode<Mode, Raw>)
    {
        Mode::bump(raw());
    }

    /// Unlocks until `predicate(const T&)` holds, and locks again, as lock_when() of the lock does
    /// (detail/lock_when.hpp has the rules). Nobody has to notify. References to the data taken
    /// before are out of date afterwards. If the predicate throws, this guard still has its lock.
    template <class Predicate>
        requires(!kMapped)
    void await(Predicate predicate) {
        (void)await_until(Deadline::never(), std::move(predicate));
    }

    /// As await(), or until after `duration`; until `time` has come, a Deadline or a point in time
    /// on any clock; until a stop is requested. Returns what the predicate says then.
    template <class Rep, class Period, class Predicate>
        requires(!kMapped)
    [[nodiscard]] bool await_for(const std::chrono::duration<Rep, Period>& duration,
                                 Predicate predicate) {
        return await_until(Deadline::after(duration), std::move(predicate));
    }
    template <class Time, class Predicate>
        requires(!kMapped)
    [[nodiscard]] bool await_until(const Time& time, Predicate predicate) {
        return detail::await_data<Mode>(raw(), time, *get(), predicate);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    template <class Predicate>
        requires(!kMapped)
    [[nodiscard]] bool await(std::stop_token stop, Predicate predicate) {
        return detail::await_data<Mode>(raw(), stop, *get(), predicate);
    }
#endif

    /// Of an RwLock's write or upgradable read guard: becomes a read guard. Consumes this guard. No
    /// writer comes in between.
    [[nodiscard]] auto downgrade() &&
        requires kDowngrades
    {
        Mode::downgrade(raw());
        return std::move(*this).template as<detail::SharedMode>();
    }

    /// Of an RwLock's write guard: becomes an upgradable read guard, as downgrade().
    [[nodiscard]] auto downgrade_to_upgradable() &&
        requires kWrites
    {
        raw().downgrade_to_upgradable();
        return std::move(*this).template as<detail::UpgradableMode>();
    }

    /// Of an RwLock's upgradable read guard: waits until the other readers have left, and becomes a
    /// write guard. Consumes this guard. No writer comes in between.
    [[nodiscard]] auto upgrade() &&
        requires kUpgrades
    {
        raw().upgrade();
        return std::move(*this).template as<detail::ExclusiveMode>();
    }

    /// As upgrade(), but if there are other readers, returns nothing and leaves this guard as it
    /// was; the timed ones after waiting, the last one once a stop is requested.
    [[nodiscard]] auto try_upgrade() &&
        requires kUpgrades
    {
        return std::move(*this).as_writer_if(raw().try_upgrade());
    }
    template <class Rep, class Period>
    [[nodiscard]] auto try_upgrade_for(const std::chrono::duration<Rep, Period>& duration) &&
        requires kUpgradesTimed
    {
        return std::move(*this).as_writer_if(raw().try_upgrade() ||
                                             raw().try_upgrade_until(Deadline::after(duration)));
    }
    template <class Clock, class Duration>
    [[nodiscard]] auto try_upgrade_until(const std::chrono::time_point<Clock, Duration>& time) &&
        requires kUpgradesTimed
    {
        return std::move(*this).as_writer_if(
            attempt_until(time, [this](Deadline d) { return raw().try_upgrade_until(d); }));
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] auto upgrade(std::stop_token stop) &&
        requires kUpgradesStoppable
    {
        return std::move(*this).as_writer_if(raw().upgrade(std::move(stop)));
    }
#endif

    /// Upgrades, calls `function` with the data, writable, and goes back to upgradable reading,
    /// also when it throws. Returns its result.
    template <class Function>
        requires kUpgrades
    decltype(auto) with_upgraded(Function&& function) {
        raw().upgrade();
        const detail::OnScopeExit back{[this]() { raw().downgrade_to_upgradable(); }};
        return std::invoke(std::forward<Function>(function), *lock_->data_ptr());
    }

    /// Narrows the guard to the part of the data that `function(T&) -> U&` returns. Consumes this
    /// guard; if `function` throws, the lock is released with it.
    template <class Function>
        requires std::is_lvalue_reference_v<std::invoke_result_t<Function, T&>>
    [[nodiscard]] auto map(Function&& function) && {
        Guard self{std::move(*this)};
        auto& part = std::invoke(std::forward<Function>(function), *self);
        return std::move(self).narrow_to(part);
    }

    /// As map(), but `function(T&) -> U*` may return null: then there is no mapped guard, and this
    /// one stays as it was.
    template <class Function>
        requires std::is_pointer_v<std::invoke_result_t<Function, T&>>
    [[nodiscard]] auto try_map(Function&& function) && {
        auto* const part = std::invoke(std::forward<Function>(function), *get());
        using Result = Mapped<std::remove_pointer_t<std::invoke_result_t<Function, T&>>>;
        return part != nullptr ? std::optional<Result>{std::move(*this).narrow_to(*part)}
                               : std::nullopt;
    }

    /// Gives up the guard but not the lock, which stays locked for ever (or until force_unlock()).
    T& leak() && noexcept
        requires std::is_pointer_v<LockPointer>
    {
        T& data = *get();
        (void)release();
        return data;
    }

    /// The typed lock this guard holds.
    [[nodiscard]] Lock& mutex() const noexcept
        requires(!kMapped)
    {
        check_owns();
        return *lock_;
    }
    [[nodiscard]] Lock& rwlock() const noexcept
        requires(!kMapped && RawSharedLockable<Raw>)
    {
        return mutex();
    }

    /// The raw lock this guard holds.
    [[nodiscard]] Raw& raw() const noexcept {
        check_owns();
        return detail::raw_of(*lock_);
    }

  private:
    template <class OtherPointer, class OtherMode, class U>
    friend class Guard;

    void check_owns() const noexcept {
        detail::check(owns_lock(), "use of an empty guard", "parking_lot::Guard", this);
    }

    T* get() const noexcept {
        check_owns();
        return data_;
    }

    LockPointer release() noexcept {
        check_owns();
        data_ = nullptr;
        return std::exchange(lock_, nullptr);
    }

    /// The guard of the same lock, which was changed to `NewMode`.
    template <class NewMode>
    InMode<NewMode> as() && noexcept {
        auto& data = *lock_->data_ptr();
        return {std::adopt_lock, release(), data};
    }

    auto as_writer_if(bool upgraded) && noexcept
        requires kUpgrades
    {
        using Result = std::optional<InMode<detail::ExclusiveMode>>;
        return upgraded ? Result{std::move(*this).template as<detail::ExclusiveMode>()} : Result{};
    }

    template <class U>
    Mapped<U> narrow_to(U& part) && noexcept {
        data_ = nullptr;
        LockPointer lock = std::exchange(lock_, nullptr);
        Raw* const raw = &detail::raw_of(*lock);
        if constexpr (std::is_pointer_v<LockPointer>) {
            return {std::adopt_lock, raw, part};
        } else {
            return {std::adopt_lock, std::shared_ptr<Raw>{std::move(lock), raw}, part};
        }
    }

    LockPointer lock_;
    T* data_;
};

}  // namespace parking_lot::inline PARKING_LOT_ABI
