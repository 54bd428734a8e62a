// SPDX-License-Identifier: MIT
// RwLockWaits: the waits of BasicRawRwLock by mode, and what is checked about them.
#pragma once

#include <optional>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/lock_check.hpp"
#include "parking_lot/detail/rwlock_core.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What BasicRawRwLock does when it has to wait: gets the lock from the core, and tells the checks.
template <class Policy>
class RwLockWaits : protected RwLockCore<Policy> {
    using enum std::memory_order;

  protected:
    using Core = RwLockCore<Policy>;
    using Core::kReader, Core::kReaders, Core::kUpgradable, Core::kWriter;
    using Core::word;
    using typename Core::Word;

    constexpr RwLockWaits() noexcept = default;
    constexpr explicit RwLockWaits(Origin origin) noexcept : checks{this, Policy::kName, origin} {}

    static constexpr bool kReadsRecursively = Policy::kPreference == RwPreference::Readers;

    static constexpr HoldMode hold_mode_of(Word mode) noexcept {
        if (mode == kReader) return HoldMode::Shared;
        return mode == kUpgradable ? HoldMode::Upgradable : HoldMode::Exclusive;
    }

    static constexpr core::ParkToken token(Word mode) noexcept { return {mode}; }

    [[nodiscard]] bool any(Word bits) const noexcept { return (word.load(relaxed) & bits) != 0; }

    // For the checks, which ask only in checked builds.
    [[nodiscard]] auto exclusively() const noexcept {
        return [this]() { return (word.load(relaxed) & (kWriter | kReaders)) == kWriter; };
    }
    [[nodiscard]] auto held(Word bits) const noexcept {
        return [this, bits]() { return any(bits); };
    }

    /// Before a wait without a limit.
    void begin_wait(Word mode) noexcept { checks.waits(hold_mode_of(mode), kReadsRecursively); }

    /// Before a wait for something else, after which this lock is to be locked again.
    void begin_wait_to_relock(Word mode) noexcept {
        checks.before_relock(hold_mode_of(mode), kReadsRecursively);
    }

    PARKING_LOT_COLD void lock_slow(Word mode) noexcept {
        begin_wait(mode);
        Waiter self{token(mode)};
        (void)this->obtain(self, Deadline::never());
    }

    PARKING_LOT_COLD bool lock_until(Waiter& self, Deadline deadline) noexcept {
        if (!this->obtain(self, deadline)) return false;
        acquired_by_try(Core::mode_of(self));
        return true;
    }

    bool lock_until(Word mode, Deadline deadline) noexcept {
        Waiter self{token(mode)};
        return lock_until(self, deadline);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    bool lock_until(Word mode, std::stop_token stop) {
        Waiter self{token(mode)};
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return lock_until(self, Deadline::never());
    }
#endif

    /// Of Conditions: locks again, with the token of a thread that was woken in the lock's queue.
    void regain(core::ParkToken mode, std::optional<core::UnparkToken> woken) noexcept {
        Waiter self{mode};
        (void)this->obtain(self, Deadline::never(), woken);
        acquired(Core::mode_of(self));
    }

    PARKING_LOT_COLD bool upgrade_until(Waiter& self, Deadline deadline) noexcept {
        // The claim. relaxed: drain() acquires.
        word.fetch_sub(kUpgradable - kWriter, relaxed);
        if (!this->drain(self, deadline)) {
            this->leave(kWriter, kUpgradable, Policy::kHandsOff);
            return false;
        }
        upgraded();
        return true;
    }

    static constexpr Word upgraded(Word state) noexcept { return state - kUpgradable + kWriter; }
    void upgraded() noexcept {
        checks.before_unlock_upgradable([]() { return true; }, this, Policy::kName);
        checks.acquired_by_try();
    }

    /// Tell the checks.
    void acquired(Word mode) noexcept {
        if (mode == kWriter) checks.acquired();
        if (mode == kReader) checks.acquired_shared(this, kReadsRecursively);
        if (mode == kUpgradable) checks.acquired_upgradable(this);
    }
    void acquired_by_try(Word mode) noexcept {
        if (mode == kWriter) checks.acquired_by_try();
        if (mode == kReader) checks.acquired_shared_by_try(this, kReadsRecursively);
        if (mode == kUpgradable) checks.acquired_upgradable_by_try(this);
    }

    [[no_unique_address]] RwLockCheck checks{this, Policy::kName, Origin::current()};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
