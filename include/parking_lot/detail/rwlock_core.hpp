// SPDX-License-Identifier: MIT
// RwLockCore: how threads wait for an RwLock, and how it is passed on.
#pragma once

#include <atomic>
#include <optional>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/conditions.hpp"
#include "parking_lot/detail/passing_on.hpp"
#include "parking_lot/detail/rwlock_state.hpp"
#include "parking_lot/detail/spin.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The word of an RwLock and the slow paths of BasicRawRwLock.
///
/// All who wait for a mode queue at the lock's address. A writer does not wait there for readers:
/// as soon as there is no other writer and no upgradable reader, it claims the lock, which keeps
/// new readers out, and then waits for the present ones in a queue of its own (drain).
///
/// Why no wake-up is lost:
/// - Threads queue only while there is a writer or an upgradable reader (admits), having set
///   kParked. Its release sees kParked, clears it, and wakes whoever may go on. What the plain
///   store of a cold writer overwrites is as in MutexCore: kHot, the epoch, the heavy fence.
///   Only the word of a writer without readers is ever overwritten so, and nobody but a parking
///   thread changes that: readers come only after it, by compare-and-swap.
/// - If threads remain in the queue, one of the woken has a duty (NextInLine): to set kParked again
///   when it gets the lock. If it has to queue again, that sets kParked, too; if it gives up, it
///   passes the duty on. Readers never have a duty: they may leave the word by one subtraction.
/// - The readers that leave while the writer sleeps see kDrainParked, the last of them at any rate:
///   both change the word by read-modify-write, and the writer sleeps only if it set the bit while
///   there were readers. The last one finds no readers in the word, and wakes it.
/// tests/model/raw_rwlock.pml checks all this.
///
/// Who releases touches the lock only before and in its releasing operation. After it, a thread
/// that is found in the queue proves that the lock is still there.
template <class Policy>
class RwLockCore : protected RwState, protected PassingOn {
    using enum std::memory_order;
    friend struct Conditions;

  protected:
    constexpr RwLockCore() noexcept = default;

    /// What a thread waits for.
    static Word mode_of(const Waiter& waiter) noexcept {
        return static_cast<Word>(waiter.park_token.value);
    }

    /// Of Conditions: whether `mode` keeps all others out.
    static constexpr bool is_exclusive(core::ParkToken mode) noexcept {
        return mode.value == kWriter;
    }

    /// Of Conditions: whether readers may enter beside a writer that waits, when `kept` is held.
    static constexpr bool readers_pass_writers(Word kept) noexcept {
        return kept == kUpgradable || Policy::kPreference == RwPreference::Readers;
    }

    static Key key_of(const void* address) noexcept { return {address, Kind::RwLock}; }

    static bool admits(Word state, Word mode) noexcept {
        return detail::admits<Policy::kPreference>(state, mode);
    }

    /// One attempt in one read-modify-write; may fail on a free lock.
    bool write_at_once() noexcept {
        Word state = word.load(relaxed) & (kHot | kAwaited);
        return word.compare_exchange_strong(state, state + kWriter, acquire, relaxed);  // [L1]
    }
    bool read_at_once() noexcept {
        Word state = word.load(relaxed);
        return (state & (kWriter | kTooManyReaders)) == 0 &&
               word.compare_exchange_strong(state, state + kReader, acquire, relaxed);  // [L1]
    }

    /// Enters if the lock admits `mode` just now. For a writer, this is a claim.
    bool enter_at_once(Word mode, Word duty = 0) noexcept {
        Word state = word.load(relaxed);
        while (admits(state, mode)) {
            if (mode == kReader && (state & kTooManyReaders) != 0) {
                report_misuse("too many readers", Policy::kName, this);
            }
            // [L1] acquire: the critical section sees those before it. Pairs with [U1] to [U4].
            if (word.compare_exchange_weak(state, (state + mode) | duty, acquire, relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// Enters, or gives up at the deadline or when `self` is cancelled.
    bool enter(Waiter& self, Deadline deadline, std::optional<core::UnparkToken> woken) noexcept {
        const auto mode = mode_of(self);
        Spin spin{woken ? Policy::kSpinWhenWoken : Policy::kSpin, deadline};
        for (;;) {
            const Word duty = duty_of(woken, mode);
            if (enter_at_once(mode, duty)) return true;
            // Others park already: join them, unless it is this one's turn to try.
            if ((woken || (word.load(relaxed) & kParked) == 0) && spin.once()) continue;
            if (self.is_cancelled() || deadline.has_passed()) {
                if (duty != 0) pass_duty_on();
                return false;
            }
            const core::ParkResult result = queue(self, deadline, woken.has_value());
            if (result.status == core::ParkStatus::Invalid) continue;
            if (result.status == core::ParkStatus::TimedOut) {
                if (mode == kWriter) pass_duty_on();  // for those it held back
                return false;
            }
            if (result.token == kHandedOff) return true;
            woken = result.token;
            spin = Spin{Policy::kSpinWhenWoken, deadline};
        }
    }

    /// Gets the lock in the mode of `self`, or gives up at the deadline or when `self` is
    /// cancelled. `woken` is the token of a thread that was woken to try.
    bool obtain(Waiter& self, Deadline deadline,
                std::optional<core::UnparkToken> woken = {}) noexcept {
        if (woken != kHandedOff && !enter(self, deadline, woken)) return false;
        return settle(self, deadline);
    }

    /// For one who has entered: a writer waits for the readers, or gives its claim up.
    bool settle(Waiter& self, Deadline deadline) noexcept {
        if (mode_of(self) != kWriter || drain(self, deadline)) return true;
        leave(kWriter, 0, Policy::kHandsOff);
        return false;
    }

    /// For the writer that has claimed the lock: waits until the readers have left. On false, at
    /// the deadline or when `self` is cancelled, the claim stands; leave() ends it.
    bool drain(Waiter& self, Deadline deadline) noexcept {
        Spin spin{Policy::kSpinForReaders, deadline};
        for (;;) {
            // [L2] acquire: sees what the readers did. Pairs with [U4].
            const Word state = word.load(acquire);
            if ((state & kReaders) == 0) {
                // relaxed: nobody else cares, as there are no readers.
                if ((state & kDrainParked) != 0) word.fetch_and(~kDrainParked, relaxed);
                return true;
            }
            if (spin.once()) continue;
            if (self.is_cancelled() || deadline.has_passed()) return false;
            (void)park(
                self, {this, Kind::RwLockDrain}, {}, deadline,
                [this]() noexcept { return prepare_to_drain(); }, []() noexcept {},
                [](const void*, bool) noexcept {});
        }
    }

    /// A reader has left, and the lock may be gone; but if a drainer is found, it is not.
    PARKING_LOT_COLD void wake_drainer() noexcept {
        auto drainer_if_drained = [this](core::ParkToken) noexcept {
            // relaxed: at least as new as this thread's own subtraction.
            return (word.load(relaxed) & kReaders) == 0 ? core::FilterOp::Unpark
                                                        : core::FilterOp::Stop;
        };
        unpark_filter({this, Kind::RwLockDrain}, drainer_if_drained,
                      [](core::UnparkResult) noexcept { return kRetry; });
    }

    /// Unlocks from writing by a read-modify-write. Without a stack frame when nobody waits.
    PARKING_LOT_NOINLINE void unlock_hot() noexcept {
        Word state = kWriter | kHot;
        if (!word.compare_exchange_strong(state, kHot, release, relaxed)) {  // [U2]
            leave_exclusive(0, Policy::kHandsOff);
        }
    }

    /// Goes from writing, with no readers left, to `kept`: as leave(), but first asks those who
    /// wait for a condition, since the data may have changed.
    PARKING_LOT_NOINLINE void leave_exclusive(Word kept, bool fair) noexcept {
        if ((word.load(relaxed) & kAwaited) != 0) Conditions::move_those_that_hold(*this, kept);
        leave(kWriter, kept, fair);
    }

    /// Goes from `held`, kWriter or kUpgradable, to `kept`, which is less or nothing, and wakes who
    /// can now go on. `fair`, or at the waiters' turn: they get the lock without a chance for
    /// others to be faster.
    PARKING_LOT_NOINLINE void leave(Word held, Word kept, bool fair) noexcept {
        Word state = word.load(relaxed);
        do {
            if ((state & kHandOff) != 0 || (fair && (state & kParked) != 0)) {
                return hand_off(held, kept);
            }
            // [U2] release: pairs with [L1]. After it the lock may be gone.
        } while (!word.compare_exchange_weak(state, without(state, held, kept), release, relaxed));
        if ((state & kParked) != 0) wake_next(kept);
    }

    /// After an unlock by plain store that a heating crossed. The lock may be gone.
    PARKING_LOT_COLD static void wake_all(const void* address) noexcept {
        unpark_all(key_of(address), kRetry);
    }

    /// Whether threads are parked at it, for a check of who destroys it.
    [[nodiscard]] bool is_waited_for() const noexcept {
        if ((word.load(relaxed) & (kParked | kDrainParked | kAwaited)) == 0) return false;
        return is_parked_at(key_of(this)) || is_parked_at({this, Kind::RwLockDrain}) ||
               is_parked_at({this, Kind::Condition});
    }

    std::atomic<Word> word{kFree};

  private:
    friend struct Metering;

    /// The word after a release. Who keeps kUpgradable also keeps the care for those who wait.
    static Word without(Word state, Word held, Word kept) noexcept {
        const Word cleared = kept == kUpgradable ? kDrainParked : kDrainParked | kParked;
        return (state - held + kept) & ~cleared;
    }

    /// What a woken thread must restore: kParked, while others wait.
    static Word duty_of(std::optional<core::UnparkToken> woken, Word mode) noexcept {
        return woken == kRetryMoreWait && mode != kReader ? kParked : kFree;
    }

    /// Parks. A thread that was woken and overtaken keeps its place, at the front, and once it has
    /// waited for kPatience it asks for the next release to be a hand-off.
    core::ParkResult queue(Waiter& self, Deadline deadline, bool overtaken) noexcept {
        const auto mode = mode_of(self);
        const bool impatient = overtaken && self.has_parked_for(kPatience);
        return park(
            self, key_of(this), {.at_front = overtaken}, deadline,
            [=, this]() noexcept { return prepare_to_park(mode, impatient ? kHandOff : 0); },
            []() noexcept {},
            // kParked stays set though the queue may be empty now: harmless, see the table.
            [](const void*, bool) noexcept {});
    }

    /// Makes sure that the next release will look at the queue. False when the lock admits `mode`
    /// by now. Requires the bucket lock.
    PARKING_LOT_HIDDEN bool prepare_to_park(Word mode, Word request) noexcept {
        Word state = word.load(relaxed);
        Word marked = 0;
        do {
            if (admits(state, mode)) return false;
            marked = state | kParked | request;
            if ((state & kWriter) != 0) marked |= kHot;
            // [H1] relaxed: ordered before what follows by the read-modify-writes of the release,
            // or by the heavy fence.
        } while (!word.compare_exchange_weak(state, marked, relaxed, relaxed));
        // An upgradable reader never unlocks by plain store.
        if ((state & kHot) != 0 || (state & kWriter) == 0) return true;
        // [H2] moves the epochs, then a full fence on every running thread: pairs with the compiler
        // fence after [U1].
        publish_heating();
        state = word.load(relaxed);
        return (state & (kParked | kHot)) == (kParked | kHot) && !admits(state, mode);
    }

    /// False when the readers have left.
    bool prepare_to_drain() noexcept {
        Word state = word.load(relaxed);
        do {
            if ((state & kReaders) == 0) return false;
            // relaxed: [U4] reads it from the same word.
        } while (!word.compare_exchange_weak(state, state | kDrainParked, relaxed, relaxed));
        return true;
    }

    /// For a thread that gives up, when those who wait must not rely on it any more: lets those go
    /// on that can, or leaves them to a writer or upgradable reader that has come in between.
    PARKING_LOT_COLD void pass_duty_on() noexcept {
        std::optional<NextInLine<Policy::kPreference>> next;
        auto who_can_go_on = [&](core::ParkToken token) noexcept {
            if (!next) {
                const bool is_held = prepare_to_park(kWriter, 0);
                if (is_held && (word.load(relaxed) & kWriter) != 0) return core::FilterOp::Stop;
                next.emplace(key_of(this), is_held ? kUpgradable : 0);
            }
            return (*next)(token);
        };
        unpark_filter(key_of(this), who_can_go_on, retry_token);
    }

    /// After a release that keeps `kept`: wakes those who are next to try again. If nothing was
    /// kept, the lock may be gone.
    void wake_next(Word kept) noexcept {
        unpark_filter(key_of(this), NextInLine<Policy::kPreference>{key_of(this), kept},
                      retry_token);
    }

    /// Gives the lock to those who are next, without freeing it in between.
    PARKING_LOT_NOINLINE void hand_off(Word held, Word kept) noexcept {
        NextInLine<Policy::kPreference> next{key_of(this), kept};
        unpark_filter(key_of(this), next, [&](core::UnparkResult result) noexcept {
            const Word parked = result.have_more ? kParked : 0;
            Word state = word.load(relaxed);
            Word after = 0;
            do {
                after = without(state & ~(kHandOff | kParked), held, next.granted()) | parked;
                // [U3] release: pairs with [L1] of those who enter beside the new holders, who
                // themselves acquire through their waiters' signals [waiter:W1].
            } while (!word.compare_exchange_weak(state, after, release, relaxed));
            return kHandedOff;
        });
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
