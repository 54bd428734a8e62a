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
                return obtain<Mode>(raw, self, Deadline::never());
            } else
#endif
            {
                if (limit.is_never()) before_wait<Mode>(raw);
                return obtain<Mode>(raw, self, limit);
            }
        } else {
            return lock<Mode>(raw, std::move(limit)) ? WaitEnd::Acquired : WaitEnd::GaveUp;
        }
    }

    /// As Requeue::relock.
    template <class Policy, class Word>
    static WaitEnd relock(BasicRawMutex<Policy, Word>& raw, core::UnparkToken token) noexcept {
        Waiter self;
        self.unpark_token = token;
        if (token != raw.kHandedOff) raw.contend(self, Deadline::never(), token);
        raw.check_.acquired();
        return end_of(raw, self);
    }

    /// Whether Requeue's token says that the thread has the lock already.
    template <class Policy, class Word>
    static bool has_lock(const BasicRawMutex<Policy, Word>& raw, core::UnparkToken token) noexcept {
        return token == raw.kHandedOff;
    }

    /// Whether bump() would give the lock to others.
    template <class Raw>
    static bool is_awaited(const Raw& raw) noexcept {
        if constexpr (kKnownToMetering<Raw>) {
            return (raw.word.load(std::memory_order_relaxed) & Raw::kParked) != 0;
        } else {
            return true;
        }
    }
    /// Whether bump_shared() would.
    template <class Raw>
    static bool is_awaited_by_writer(const Raw& raw) noexcept {
        if constexpr (kKnownToMetering<Raw>) {
            return (raw.word.load(std::memory_order_relaxed) & Raw::kWriter) != 0;
        } else {
            return true;
        }
    }

  private:
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
    static core::ParkToken park_token(const BasicRawMutex<Policy, Word>&) noexcept {
        return {};
    }
    template <class Mode, class Policy, class Word>
    static void before_wait(const BasicRawMutex<Policy, Word>& raw) noexcept {
        raw.check_.before_wait(&raw, Policy::kName);
    }
    template <class Mode, class Policy, class Word>
    static WaitEnd obtain(BasicRawMutex<Policy, Word>& raw, Waiter& self,
                          Deadline deadline) noexcept {
        if (!raw.contend(self, deadline)) return WaitEnd::GaveUp;
        raw.check_.acquired();
        return end_of(raw, self);
    }

    // RwLocks.

    template <class Mode, class Policy>
    static core::ParkToken park_token(const BasicRawRwLock<Policy>& raw) noexcept {
        if (std::is_same_v<Mode, SharedMode>) return {raw.kReader};
        return {std::is_same_v<Mode, UpgradableMode> ? raw.kUpgradable : raw.kWriter};
    }
    template <class Mode, class Policy>
    static void before_wait(const BasicRawRwLock<Policy>& raw) noexcept {
        if constexpr (std::is_same_v<Mode, SharedMode>) {
            raw.check_.before_lock_shared(raw.held(raw.kReaders), &raw, Policy::kName,
                                          raw.kReadsRecursively);
        } else {
            raw.check_.before_wait(raw.held(raw.kReaders), raw.held(raw.kUpgradable), &raw,
                                   Policy::kName);
        }
    }
    template <class Mode, class Policy>
    static WaitEnd obtain(BasicRawRwLock<Policy>& raw, Waiter& self, Deadline deadline) noexcept {
        if (!raw.enter(self, deadline)) return WaitEnd::GaveUp;
        const WaitEnd end = end_of(raw, self);  // before the same waiter waits for readers
        if (!raw.settle(self, deadline)) return WaitEnd::GaveUp;
        if constexpr (std::is_same_v<Mode, SharedMode>) {
            raw.check_.acquired_shared(&raw);
        } else if constexpr (std::is_same_v<Mode, UpgradableMode>) {
            raw.check_.acquired_upgradable(&raw);
        } else {
            raw.check_.acquired();
        }
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
