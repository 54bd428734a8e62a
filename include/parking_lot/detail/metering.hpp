// SPDX-License-Identifier: MIT
// Metering: waits for a raw lock, and tells whether the lock was handed over.
#pragma once

#include <type_traits>
#include <utility>

#include "parking_lot/detail/lock_meter.hpp"
#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Whether Metering knows how these locks are passed on.
template <class Raw>
inline constexpr bool kKnownToMetering = false;
template <class Policy, class Word>
inline constexpr bool kKnownToMetering<BasicRawMutex<Policy, Word>> = true;
template <class Policy>
inline constexpr bool kKnownToMetering<BasicRawRwLock<Policy>> = true;

/// The friend of the raw locks of this library that looks at the token with which a waiter was
/// woken. Of other locks nothing is known but whether they were locked.
struct Metering {
    /// Waits for `raw` in `Mode` until `limit`: a Deadline or a std::stop_token.
    template <class Mode, class Raw, class Limit>
    static WaitEnd wait(Raw& raw, Limit limit) {
        if constexpr (kKnownToMetering<Raw>) {
            Waiter self{park_token<Mode>(raw)};
#if PARKING_LOT_HAS_STOP_TOKEN
            if constexpr (std::is_same_v<Limit, std::stop_token>) {
                const std::stop_callback wake_up{std::move(limit),
                                                 [&self]() noexcept { self.cancel(); }};
                return obtain<Mode>(raw, self, Deadline::never(), /*may_give_up=*/true);
            } else
#endif
            {
                if (limit.is_never()) begin_wait<Mode>(raw);
                return obtain<Mode>(raw, self, limit, !limit.is_never());
            }
        } else {
            return lock<Mode>(raw, std::move(limit)) ? WaitEnd::Acquired : WaitEnd::GaveUp;
        }
    }

    /// One attempt by the lock's own fast path, told to the checks as a lock() without a limit. May
    /// fail on a free lock.
    template <class Mode, class Raw>
    static bool lock_at_once(Raw& raw) {
        if constexpr (kKnownToMetering<Raw>) {
            return at_once<Mode>(raw);
        } else {
            return Mode::try_lock(raw);
        }
    }

    /// Whether a bump in `Mode` would give the lock to others.
    template <class Mode, class Raw>
    static bool is_awaited(const Raw& raw) noexcept {
        if constexpr (!kKnownToMetering<Raw>) {
            return true;
        } else if constexpr (std::is_same_v<Mode, ExclusiveMode>) {
            return has_any(raw, Raw::kParked | Raw::kAwaited);
        } else if constexpr (std::is_same_v<Mode, SharedMode>) {
            return has_any(raw, Raw::kWriter);
        } else {
            return has_any(raw, Raw::kParked);
        }
    }

  private:
    template <class Raw>
    static bool has_any(const Raw& raw, unsigned bits) noexcept {
        return (raw.word.load(std::memory_order_relaxed) & bits) != 0;
    }

    template <class Mode, class Raw>
    static bool lock(Raw& raw, Deadline deadline) {
        if constexpr (TimedMode<Mode, Raw>) {
            if (!deadline.is_never()) return Mode::try_lock_until(raw, deadline);
        }
        Mode::lock(raw);
        return true;
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    template <class Mode, class Raw>
    static bool lock(Raw& raw, std::stop_token stop) {
        return Mode::lock(raw, std::move(stop));
    }
#endif

    // Mutexes.

    template <class Mode, class Policy, class Word>
    static bool at_once(BasicRawMutex<Policy, Word>& raw) noexcept {
        if (!raw.lock_at_once()) return false;
        raw.check_.acquired();
        return true;
    }
    template <class Mode, class Policy, class Word>
    static core::ParkToken park_token(const BasicRawMutex<Policy, Word>&) noexcept {
        return {};
    }
    template <class Mode, class Policy, class Word>
    static void begin_wait(BasicRawMutex<Policy, Word>& raw) noexcept {
        raw.check_.before_wait(&raw, Policy::kName);
    }
    template <class Mode, class Policy, class Word>
    static WaitEnd obtain(BasicRawMutex<Policy, Word>& raw, Waiter& self, Deadline deadline,
                          bool may_give_up) noexcept {
        if (!raw.contend(self, deadline)) return WaitEnd::GaveUp;
        may_give_up ? raw.check_.acquired_by_try() : raw.check_.acquired();
        return end_of(raw, self);
    }

    // RwLocks.

    template <class Mode, class Policy>
    static bool at_once(BasicRawRwLock<Policy>& raw) noexcept {
        using Raw = BasicRawRwLock<Policy>;
        before_wait<Mode>(raw);
        bool entered = false;
        if constexpr (std::is_same_v<Mode, SharedMode>) {
            entered = raw.read_at_once();
        } else if constexpr (std::is_same_v<Mode, UpgradableMode>) {
            entered = raw.enter_at_once(Raw::kUpgradable);
        } else {
            entered = raw.write_at_once();
        }
        if (entered) raw.acquired(static_cast<typename Raw::Word>(park_token<Mode>(raw).value));
        return entered;
    }
    template <class Mode, class Policy>
    static core::ParkToken park_token(const BasicRawRwLock<Policy>& raw) noexcept {
        if (std::is_same_v<Mode, SharedMode>) return {raw.kReader};
        return {std::is_same_v<Mode, UpgradableMode> ? raw.kUpgradable : raw.kWriter};
    }
    template <class Mode, class Policy>
    static void before_wait(const BasicRawRwLock<Policy>& raw) noexcept {
        if constexpr (std::is_same_v<Mode, SharedMode>) {
            raw.checks.before_lock_shared(raw.held(raw.kReaders), &raw, Policy::kName,
                                          raw.kReadsRecursively);
        } else {
            raw.checks.before_wait(raw.held(raw.kReaders), raw.held(raw.kUpgradable), &raw,
                                   Policy::kName);
        }
    }
    template <class Mode, class Policy>
    static void begin_wait(BasicRawRwLock<Policy>& raw) noexcept {
        before_wait<Mode>(raw);
        raw.begin_wait(
            static_cast<typename BasicRawRwLock<Policy>::Word>(park_token<Mode>(raw).value));
    }
    template <class Mode, class Policy>
    static WaitEnd obtain(BasicRawRwLock<Policy>& raw, Waiter& self, Deadline deadline,
                          bool may_give_up) noexcept {
        if (!raw.enter(self, deadline, {})) return WaitEnd::GaveUp;
        const WaitEnd end = end_of(raw, self);  // before the same waiter waits for readers
        if (!raw.settle(self, deadline)) return WaitEnd::GaveUp;
        may_give_up ? raw.acquired_by_try(raw.mode_of(self)) : raw.acquired(raw.mode_of(self));
        return end;
    }

    /// contend() and enter() return at once when they are handed the lock, so the token is the last
    /// one.
    template <class Raw>
    static WaitEnd end_of(const Raw&, const Waiter& self) noexcept {
        return self.unpark_token == Raw::kHandedOff ? WaitEnd::HandedOver : WaitEnd::Acquired;
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
