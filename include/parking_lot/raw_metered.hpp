// SPDX-License-Identifier: MIT
// RawMetered: a raw lock that counts what is done with it, under a name.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/lock_meter.hpp"
#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/detail/metering.hpp"
#include "parking_lot/detail/origin.hpp"
#include "parking_lot/detail/requeue.hpp"
#include "parking_lot/detail/scope_exit.hpp"
#include "parking_lot/detail/std_poll.hpp"
#include "parking_lot/detail/thread_safety.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// The lock under metered::Mutex<T> and its like: `Raw`, and the meters of its name (metrics.hpp).
/// Has the functions that `Raw` has, with the same meaning.
///
/// Uncontended, locking adds a count to memory that belongs to this thread just now, without a
/// read-modify-write. The clock is read where a thread waits, and for holds that are sampled.
/// To construct one takes the registry's mutex, allocates, and may throw std::bad_alloc; to
/// destroy one takes that mutex, too. Locking and unlocking never allocate, except that a thread
/// gets room for its counts when it first locks an RwLock of some name for reading; where that
/// fails it counts elsewhere. May be destroyed when `Raw` may.
template <RawLockable Raw>
class PARKING_LOT_CAPABILITY RawMetered {
    using Exclusive = detail::ExclusiveMode;
    using Shared = detail::SharedMode;
    using Upgradable = detail::UpgradableMode;

  public:
    using Configuration = metered::Naming;

    explicit RawMetered(metered::Naming naming)
        : meter_{std::move(naming), RawSharedLockable<Raw>} {
        detail::set_origin(raw_, detail::Origin::named(meter_.name()));
    }
    RawMetered(const RawMetered&) = delete;
    RawMetered& operator=(const RawMetered&) = delete;

    // Exclusive mode.

    PARKING_LOT_ACQUIRE void lock() { lock_in<Exclusive>(); }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock() { return try_lock_in<Exclusive>(); }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(Deadline deadline)
        requires RawTimedLockable<Raw>
    {
        return lock_in_until<Exclusive>(deadline);
    }
    template <class Clock, class Duration>
        requires RawTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }
    template <class Rep, class Period>
        requires RawTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool try_lock_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock() || try_lock_until(Deadline::after(duration));
    }
    PARKING_LOT_RELEASE void unlock() {
        meter_.template releases<Exclusive>();
        raw_.unlock();
    }
    PARKING_LOT_RELEASE void unlock_fair()
        requires RawFairLockable<Raw>
    {
        meter_.template releases<Exclusive>();
        raw_.unlock_fair();
    }
    PARKING_LOT_NO_ANALYSIS void bump()
        requires RawFairLockable<Raw>
    {
        if (!detail::Metering::is_awaited<Exclusive>(raw_)) return;
        unlock_fair();
        lock();
    }
    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade()
        requires RawDowngradable<Raw>
    {
        meter_.template releases<Exclusive>();
        raw_.downgrade();
    }
    PARKING_LOT_RELEASE PARKING_LOT_ACQUIRE_SHARED void downgrade_to_upgradable()
        requires RawUpgradable<Raw>
    {
        meter_.template releases<Exclusive>();
        raw_.downgrade_to_upgradable();
    }

    // Shared mode.

    PARKING_LOT_ACQUIRE_SHARED void lock_shared()
        requires RawSharedLockable<Raw>
    {
        lock_in<Shared>();
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared()
        requires RawSharedLockable<Raw>
    {
        return try_lock_in<Shared>();
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(Deadline deadline)
        requires RawSharedTimedLockable<Raw>
    {
        return lock_in_until<Shared>(deadline);
    }
    template <class Clock, class Duration>
        requires RawSharedTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_shared_until(d); });
    }
    template <class Rep, class Period>
        requires RawSharedTimedLockable<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_shared_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_shared() || try_lock_shared_until(Deadline::after(duration));
    }
    PARKING_LOT_RELEASE_SHARED void unlock_shared()
        requires RawSharedLockable<Raw>
    {
        meter_.template releases<Shared>();
        raw_.unlock_shared();
    }
    PARKING_LOT_RELEASE_SHARED void unlock_shared_fair()
        requires RawSharedFairLockable<Raw>
    {
        meter_.template releases<Shared>();
        raw_.unlock_shared_fair();
    }
    PARKING_LOT_NO_ANALYSIS void bump_shared()
        requires RawSharedFairLockable<Raw>
    {
        if (!detail::Metering::is_awaited<Shared>(raw_)) return;
        unlock_shared_fair();
        lock_shared();
    }

    // Upgradable mode.

    PARKING_LOT_ACQUIRE_SHARED void lock_upgradable()
        requires RawUpgradable<Raw>
    {
        lock_in<Upgradable>();
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable()
        requires RawUpgradable<Raw>
    {
        return try_lock_in<Upgradable>();
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(Deadline deadline)
        requires RawUpgradableTimed<Raw>
    {
        return lock_in_until<Upgradable>(deadline);
    }
    template <class Clock, class Duration>
        requires RawUpgradableTimed<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_until(
        const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_upgradable_until(d); });
    }
    template <class Rep, class Period>
        requires RawUpgradableTimed<Raw>
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool try_lock_upgradable_for(
        const std::chrono::duration<Rep, Period>& duration) {
        return try_lock_upgradable() || try_lock_upgradable_until(Deadline::after(duration));
    }
    PARKING_LOT_RELEASE_SHARED void unlock_upgradable()
        requires RawUpgradable<Raw>
    {
        meter_.template releases<Upgradable>();
        raw_.unlock_upgradable();
    }
    PARKING_LOT_RELEASE_SHARED void unlock_upgradable_fair()
        requires RawUpgradableFair<Raw>
    {
        meter_.template releases<Upgradable>();
        raw_.unlock_upgradable_fair();
    }
    PARKING_LOT_NO_ANALYSIS void bump_upgradable()
        requires RawUpgradableFair<Raw>
    {
        if (!detail::Metering::is_awaited<Upgradable>(raw_)) return;
        unlock_upgradable_fair();
        lock_upgradable();
    }
    void downgrade_upgradable()
        requires RawUpgradable<Raw>
    {
        meter_.template releases<Upgradable>();
        raw_.downgrade_upgradable();
    }

    // From upgradable to exclusive mode: counted as an acquisition for writing.

    PARKING_LOT_RELEASE_SHARED PARKING_LOT_ACQUIRE void upgrade()
        requires RawUpgradable<Raw>
    {
        (void)upgrade_by(Deadline::never(), [this]() {
            Upgradable::upgrade(raw_);
            return true;
        });
    }
    [[nodiscard]] bool try_upgrade()
        requires RawUpgradable<Raw>
    {
        if (!raw_.try_upgrade()) return false;
        meter_.template releases<Upgradable>();
        meter_.template acquired<Exclusive>();
        return true;
    }
    [[nodiscard]] bool try_upgrade_until(Deadline deadline)
        requires RawUpgradableTimed<Raw>
    {
        return upgrade_by(deadline, [&]() { return raw_.try_upgrade_until(deadline); });
    }
    template <class Clock, class Duration>
        requires RawUpgradableTimed<Raw>
    [[nodiscard]] bool try_upgrade_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_upgrade_until(d); });
    }
    template <class Rep, class Period>
        requires RawUpgradableTimed<Raw>
    [[nodiscard]] bool try_upgrade_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_upgrade() || try_upgrade_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE bool lock(std::stop_token stop)
        requires RawStoppable<Raw>
    {
        return lock_in_until<Exclusive>(std::move(stop));
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_shared(std::stop_token stop)
        requires RawSharedStoppable<Raw>
    {
        return lock_in_until<Shared>(std::move(stop));
    }
    [[nodiscard]] PARKING_LOT_TRY_ACQUIRE_SHARED bool lock_upgradable(std::stop_token stop)
        requires RawUpgradableStoppable<Raw>
    {
        return lock_in_until<Upgradable>(std::move(stop));
    }
    [[nodiscard]] bool upgrade(const std::stop_token& stop)
        requires RawUpgradableStoppable<Raw>
    {
        return upgrade_by(stop, [&]() { return raw_.upgrade(stop); });
    }
#endif

    // A wait for a condition: when it ends, that is an acquisition.

    using Awaits = std::conditional_t<RawAwaitable<Raw>, RawMetered, void>;
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await(const Limit& limit, Predicate predicate)
        requires RawAwaitable<Raw>
    {
        return await_in<Exclusive>(limit, std::move(predicate));
    }
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await_shared(const Limit& limit, Predicate predicate)
        requires RawAwaitable<Raw> && RawSharedLockable<Raw>
    {
        return await_in<Shared>(limit, std::move(predicate));
    }
    template <class Limit, std::predicate Predicate>
    [[nodiscard]] bool await_upgradable(const Limit& limit, Predicate predicate)
        requires RawAwaitable<Raw> && RawUpgradable<Raw>
    {
        return await_in<Upgradable>(limit, std::move(predicate));
    }

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

  private:
    friend struct detail::RequeueFor<RawMetered>;

    template <class Mode>
    void lock_in() {
        if (detail::Metering::lock_at_once<Mode>(raw_)) [[likely]] {
            meter_.template acquired<Mode>();
        } else if (!try_lock_in<Mode>()) {
            wait<Mode>();
        }
    }

    template <class Mode>
    bool try_lock_in() {
        if (!Mode::try_lock(raw_)) return false;
        meter_.template acquired<Mode>();
        return true;
    }

    /// A limit that is over before the wait begins makes it no wait.
    template <class Mode, class Limit>
    bool lock_in_until(Limit limit) {
        return try_lock_in<Mode>() ||
               (!detail::is_over(limit) && wait_until<Mode>(std::move(limit)));
    }

    template <class Mode>
    PARKING_LOT_COLD void wait() {
        (void)wait_until<Mode>(Deadline::never());
    }

    template <class Mode, class Limit>
    PARKING_LOT_COLD bool wait_until(Limit limit) {
        return metered<Mode>([&]() { return detail::Metering::wait<Mode>(raw_, limit); });
    }

    template <class Mode, class Limit, class Predicate>
    bool await_in(const Limit& limit, Predicate predicate) {
        if (predicate()) return true;
        if (detail::is_over(limit)) return false;
        meter_.template releases<Mode>();
        const detail::OnScopeExit locked_again{[this]() { meter_.template acquired<Mode>(); }};
        return Mode::await(raw_, limit, std::move(predicate));
    }

    /// Upgrades, or gives up, by `upgrade() -> bool`.
    template <class Limit, class Upgrade>
    bool upgrade_by(const Limit& limit, Upgrade&& upgrade) {
        using enum detail::WaitEnd;
        if (try_upgrade()) return true;
        if (detail::is_over(limit)) return false;
        if (!metered<Exclusive>([&]() { return upgrade() ? Acquired : GaveUp; })) return false;
        meter_.template releases<Upgradable>();
        return true;
    }

    /// Meters the wait for `Mode` that `wait() -> WaitEnd` is. Returns whether it ended with the
    /// lock.
    template <class Mode, class Wait>
    bool metered(Wait&& wait) {
        const std::uint64_t start = meter_.template wait_begins<Mode>();
        const detail::WaitEnd end = wait();
        meter_.template wait_ends<Mode>(start, end);
        if (end == detail::WaitEnd::GaveUp) return false;
        meter_.template acquired<Mode>();
        return true;
    }

    Raw raw_{};
    detail::LockMeter meter_;
};

namespace detail {

/// Threads that are notified join the queue of the lock below.
template <class Raw>
struct RequeueFor<RawMetered<Raw>> {
    using Queue = Raw;
    using Metered = RawMetered<Raw>;

    static Queue& queue_of(Metered& metered) noexcept { return metered.raw_; }

    /// The time in that queue was spent waiting for the notification, as far as is known here.
    static void relock(Metered& metered, const CondvarWaiter& woken) noexcept {
        Raw& raw = metered.raw_;
        LockMeter& meter = metered.meter_;
        if (Requeue::is_handed_over(raw, woken.unpark_token) || !raw.is_locked()) {
            if (Requeue::relock(raw, woken)) meter.handed_over();
            meter.acquired<ExclusiveMode>();
        } else {
            (void)metered.template metered<ExclusiveMode>([&]() noexcept {
                return Requeue::relock(raw, woken) ? WaitEnd::HandedOver : WaitEnd::Acquired;
            });
        }
    }
};

}  // namespace detail

}  // namespace parking_lot::inline PARKING_LOT_ABI
