// SPDX-License-Identifier: MIT
// lock_all: locks several mutexes and RwLocks at once without deadlock.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/lock_watch.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// try_lock(), with some patience where a try would hardly ever succeed: readers seldom are away
/// all at once, but leave one by one while a writer that waits keeps new ones out.
template <class Mode, class Raw>
[[nodiscard]] bool try_lock_patiently(Raw& raw) {
    if constexpr (std::same_as<Mode, ExclusiveMode> && RawSharedTimedLockable<Raw>) {
        // Of uneven length, so that two who hold what the other wants do not give up in step.
        const auto now = Deadline::Clock::now().time_since_epoch();
        const std::chrono::nanoseconds patience{1'000'000 + now.count() % 1'000'000};
        return Mode::try_lock(raw) || Mode::try_lock_until(raw, Deadline::after(patience));
    } else {
        return Mode::try_lock(raw);
    }
}

/// A raw lock of any type in any mode, to lock in a loop.
struct AnyLock {
    void* address;
    void (*lock)(void*);
    bool (*try_lock)(void*);
    bool (*try_lock_patiently)(void*);
    void (*unlock)(void*);
};

template <class Mode, class Raw>
AnyLock any_lock(Raw& raw) noexcept {
    return {&raw, [](void* it) { Mode::lock(*static_cast<Raw*>(it)); },
            [](void* it) { return Mode::try_lock(*static_cast<Raw*>(it)); },
            [](void* it) { return try_lock_patiently<Mode>(*static_cast<Raw*>(it)); },
            [](void* it) { Mode::unlock(*static_cast<Raw*>(it)); }};
}

/// One that can also wait until a `Limit`: a Deadline or a std::stop_token.
template <class Limit>
struct AnyLimitedLock : AnyLock {
    bool (*lock_within)(void*, const Limit&);
};

template <class Mode, class Raw>
AnyLimitedLock<Deadline> any_timed_lock(Raw& raw) noexcept {
    return {any_lock<Mode>(raw), [](void* it, const Deadline& deadline) {
                return Mode::try_lock_until(*static_cast<Raw*>(it), deadline);
            }};
}

#if PARKING_LOT_HAS_STOP_TOKEN
template <class Mode, class Raw>
AnyLimitedLock<std::stop_token> any_stoppable_lock(Raw& raw) noexcept {
    return {any_lock<Mode>(raw), [](void* it, const std::stop_token& stop) {
                return Mode::lock(*static_cast<Raw*>(it), stop);
            }};
}
#endif

/// Tries all locks but the one at `held`, in order after it, each by the function `kTry` of
/// AnyLock. Returns `held` when all are locked; otherwise the index of the one that was not free,
/// with every lock (also `held`) released; so also when a user's try_lock() throws.
template <bool (*AnyLock::*kTry)(void*), class Lock, std::size_t kCount>
std::size_t lock_rest(const std::array<Lock, kCount>& locks, std::size_t held) {
    std::size_t locked = 1;  // from `held` on
    const OnScopeExit release_unless_all{[&]() {
        if (locked == kCount) return;
        for (std::size_t i = 0; i < locked; ++i) {
            const Lock& lock = locks[(held + i) % kCount];
            lock.unlock(lock.address);
        }
    }};
    for (; locked < kCount; ++locked) {
        const std::size_t index = (held + locked) % kCount;
        if (!(locks[index].*kTry)(locks[index].address)) return index;
    }
    return held;
}

template <class Lock, std::size_t kCount>
void check_distinct(const std::array<Lock, kCount>& locks) noexcept {
    for (std::size_t i = 0; i < kCount; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            check(locks[i].address != locks[j].address, "lock_all was given one lock twice",
                  "parking_lot::BasicMutex", locks[i].address);
        }
    }
}

/// Sleeps without a limit, by `lock_first(lock) -> bool`, only while holding none of the locks, on
/// the one that was not free last time: so no cycle of waiting threads can last, and each retry
/// follows another thread's progress. Hence the locks have no order among them, but each comes
/// after what the thread holds already. False when lock_first gives up.
template <class Lock, std::size_t kCount, class LockFirst>
bool lock_each(const std::array<Lock, kCount>& locks, LockFirst&& lock_first) {
    check_distinct(locks);
    for (std::size_t first = 0;;) {
        if (!lock_first(locks[first])) return false;
        const std::size_t busy = lock_rest<&AnyLock::try_lock_patiently>(locks, first);
        if (busy == first) return true;
        first = busy;
        std::this_thread::yield();  // lets a holder finish before this thread queues behind it
    }
}

template <class Limit, std::size_t kCount>
bool lock_each_within(const std::array<AnyLimitedLock<Limit>, kCount>& locks, const Limit& limit) {
    return lock_each(locks, [&limit](const AnyLimitedLock<Limit>& lock) {
        return lock.lock_within(lock.address, limit);
    });
}

/// What lock_all() takes: a mutex, or an RwLock in one of its modes.
template <class Lock>
struct InModeTraits {
    static constexpr bool kIsLock = requires(Lock& lock) { lock.lock(std::adopt_lock); };
    using Mode = ExclusiveMode;
};
template <class Lock, class LockMode>
struct InModeTraits<InMode<Lock, LockMode>> {
    static constexpr bool kIsLock = true;
    using Mode = LockMode;
};

template <class Argument>
concept LockInMode = InModeTraits<std::remove_cvref_t<Argument>>::kIsLock;
template <class Argument>
using ModeOf = typename InModeTraits<std::remove_cvref_t<Argument>>::Mode;

template <TypedLock Lock>
auto& raw_in(Lock& mutex) noexcept {
    return mutex.raw();
}
template <class Lock, class Mode>
auto& raw_in(const InMode<Lock, Mode>& lock) noexcept {
    return lock.lock.raw();
}

template <TypedLock Lock>
auto adopt(Lock& mutex) noexcept {
    return mutex.lock(std::adopt_lock);
}
template <class Lock>
auto adopt(const InMode<Lock, SharedMode>& lock) noexcept {
    return lock.lock.read(std::adopt_lock);
}
template <class Lock>
auto adopt(const InMode<Lock, ExclusiveMode>& lock) noexcept {
    return lock.lock.write(std::adopt_lock);
}
template <class Lock>
auto adopt(const InMode<Lock, UpgradableMode>& lock) noexcept {
    return lock.lock.upgradable_read(std::adopt_lock);
}

template <class... Locks>
using GuardTuple = std::tuple<decltype(adopt(std::declval<Locks&>()))...>;

/// The guards of locks that are all locked.
template <class... Locks>
GuardTuple<Locks...> adopt_all(Locks&... locks) noexcept {
    return GuardTuple<Locks...>{adopt(locks)...};
}
template <class... Locks>
std::optional<GuardTuple<Locks...>> adopt_all_if(bool locked, Locks&... locks) noexcept {
    return locked ? std::optional<GuardTuple<Locks...>>{std::in_place, adopt(locks)...}
                  : std::nullopt;
}

}  // namespace detail

/// Locks all given locks and returns their guards as a tuple, in the order of the arguments.
///
/// Takes mutexes, and RwLocks with the mode to lock them in. Never deadlocks, whatever the order at
/// other call sites, and also against threads that lock some of them one by one: while it holds any
/// it waits for no other, but for up to 2 ms for the readers of an RwLock to leave. Locks of
/// different types may be mixed; const mutexes give const access. Giving one lock twice is an error
/// (reported in checked builds).
/// ~~~
/// auto [from, to] = parking_lot::lock_all(accounts[a], accounts[b]);
/// auto [cache, rules] = parking_lot::lock_all(table.write_mode(), config.read_mode());
/// ~~~
template <detail::LockInMode... Locks>
[[nodiscard]] auto lock_all(Locks&&... locks) {
    if constexpr (sizeof...(Locks) > 0) {
        [[maybe_unused]] const detail::LockedTogether together{};
        (void)detail::lock_each(
            std::array{detail::any_lock<detail::ModeOf<Locks>>(detail::raw_in(locks))...},
            [](const detail::AnyLock& lock) {
                lock.lock(lock.address);
                return true;
            });
    }
    return detail::adopt_all(locks...);
}

/// As lock_all(), if all are free now: a std::optional of the tuple. Never blocks.
template <detail::LockInMode First, detail::LockInMode... Rest>
[[nodiscard]] auto try_lock_all(First&& first, Rest&&... rest) {
    const std::array locks{detail::any_lock<detail::ModeOf<First>>(detail::raw_in(first)),
                           detail::any_lock<detail::ModeOf<Rest>>(detail::raw_in(rest))...};
    detail::check_distinct(locks);
    const bool locked = locks[0].try_lock(locks[0].address) &&
                        detail::lock_rest<&detail::AnyLock::try_lock>(locks, 0) == 0;
    return detail::adopt_all_if(locked, first, rest...);
}

/// As lock_all(), or nothing once `deadline` has passed.
template <detail::LockInMode... Locks>
    requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_until(Deadline deadline, Locks&&... locks) {
    const bool locked = detail::lock_each_within(
        std::array{detail::any_timed_lock<detail::ModeOf<Locks>>(detail::raw_in(locks))...},
        deadline);
    return detail::adopt_all_if(locked, locks...);
}

/// As lock_all(), or nothing after `duration`, or once `time` has come on its own clock.
template <class Rep, class Period, detail::LockInMode... Locks>
    requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_for(std::chrono::duration<Rep, Period> duration, Locks&&... locks) {
    return try_lock_all_until(Deadline::after(duration), locks...);
}
template <class Clock, class Duration, detail::LockInMode... Locks>
    requires(sizeof...(Locks) > 0)
[[nodiscard]] auto try_lock_all_until(const std::chrono::time_point<Clock, Duration>& time,
                                      Locks&&... locks) {
    const std::array all{detail::any_timed_lock<detail::ModeOf<Locks>>(detail::raw_in(locks))...};
    const bool locked = attempt_until(
        time, [&all](Deadline deadline) { return detail::lock_each_within(all, deadline); });
    return detail::adopt_all_if(locked, locks...);
}

#if PARKING_LOT_HAS_STOP_TOKEN
/// As lock_all(), or nothing once a stop is requested.
template <detail::LockInMode... Locks>
    requires(sizeof...(Locks) > 0)
[[nodiscard]] auto lock_all(std::stop_token stop, Locks&&... locks) {
    const bool locked = detail::lock_each_within(
        std::array{detail::any_stoppable_lock<detail::ModeOf<Locks>>(detail::raw_in(locks))...},
        stop);
    return detail::adopt_all_if(locked, locks...);
}
#endif

}  // namespace parking_lot::inline PARKING_LOT_ABI
