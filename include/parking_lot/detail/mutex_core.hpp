// SPDX-License-Identifier: MIT
// MutexCore: how threads wait for a mutex, and how it is passed on.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/conditions.hpp"
#include "parking_lot/detail/mutex_policy.hpp"
#include "parking_lot/detail/passing_on.hpp"
#include "parking_lot/detail/spin.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The state of a mutex and the slow paths of BasicRawMutex.
template <class Policy, std::unsigned_integral Word>
class MutexCore : protected PassingOn {
    using enum std::memory_order;
    static_assert(std::same_as<Word, std::uint8_t> || std::same_as<Word, std::uint32_t>,
                  "a mutex has one byte or 32 bits of state");

    friend struct Conditions;

  protected:
    using State = Word;

    constexpr MutexCore() noexcept = default;

    // word                                                set by                    cleared by
    //   kLocked   a thread owns the lock                  lock, (hand_off keeps)    unlock
    //   kParked   the queue may be non-empty              prepare_to_park, lock     pass_on, leave
    //                                                     by a woken thread,
    //                                                     Conditions
    //   kHot      unlock must be a read-modify-write      with kParked or kAwaited, a racing [U1]
    //                                                     and by every RMW unlock
    //   kHandOff  it is the waiters' turn: the next       wake_next, or one who was hand_off
    //             unlock is a hand-off                    overtaken for long (park)
    //   kAwaited  some wait for a condition: unlock is    Conditions                Conditions
    //             to ask whether it holds. With kHot
    //
    //   F H P L
    //   0 0 0 0  free, never contended    -> 0001 lock
    //   0 0 0 1  owned                    -> 0000 unlock (store)      -> 0111 prepare_to_park
    //   0 1 0 0  free, was contended      -> 0101 lock                -> 0111 lock with duty
    //   0 1 0 1  owned                    -> 0100 unlock_hot          -> 0111 prepare_to_park
    //   0 1 1 1  owned, threads wait      -> 0100 unlock_contended    -> 1111 wake_next, park
    //                                     -> 0101, 0111 unlock_fair
    //   1 1 1 1  owned, waiters' turn     -> 0101, 0111 hand_off      -> 0100 hand_off, queue empty
    //   0 1 0 0  free, waiters' turn      -> 0101, 0111 wake_next, for the head of the queue
    // Each from the third row on may have kAwaited, too, and then keeps it.
    //   x 1 1 1  [U1] of an owner that saw 0001 -> 0000; it then sees the epoch moved and wakes all
    // May be wrong: kParked or kHandOff with an empty queue (a wasted visit to the bucket).
    // Never: a parked thread while kParked is clear, unless a thread is on its way to wake one: an
    // unlocker after its store, or a woken thread that has the duty to restore kParked.
    //
    // Why no wake-up is lost. Locked and hot: unlock is an RMW and sees kParked. Locked and cold:
    // the parker sets kParked and kHot [H1], moves the epoch, and sends every running thread of the
    // process through a full fence [H2]; only then does it look again and queue. An owner's plain
    // store either precedes that thread's fence, and the second look finds it; or follows it, and
    // then so does the owner's second look at the epoch. All of it under the bucket lock, so no
    // other parker trusts kHot before the fence. Once per lock: 0.4 to 10 microseconds.
    // One wake is under way at a time: unlock_hot clears kParked, so later unlocks wake nobody
    // until the woken thread has the lock and restores it, or parks again. tests/model/ checks all
    // this.
    static constexpr State kFree = 0;
    static constexpr State kLocked = 1;
    static constexpr State kParked = 2;
    static constexpr State kHot = 4;
    static constexpr State kHandOff = 8;
    static constexpr State kAwaited = 16;

    static constexpr State with(State state, State bits) noexcept {
        return static_cast<State>(state | bits);
    }

    static Key key_of(const void* address) noexcept {
        return {address, sizeof(Word) == 1 ? Kind::ByteMutex : Kind::WordMutex};
    }

    /// Of Conditions: whether `mode` keeps all others out, and whether others may enter beside one
    /// who waits for such a mode.
    static constexpr bool is_exclusive(core::ParkToken) noexcept { return true; }
    static constexpr bool readers_pass_writers(unsigned) noexcept { return false; }

    /// One attempt in one read-modify-write; may fail on a free lock.
    bool lock_at_once() noexcept {
        // [L1] acquire: the critical section sees those before it. Pairs with [U1], [U2], [U3].
        if constexpr (std::same_as<Word, std::uint32_t>) {
            // One instruction on x86, which needs no look at the word first. On a locked lock it
            // writes back what it found.
            return (word.fetch_or(kLocked, acquire) & kLocked) == 0;
        } else {
            State state = word.load(relaxed) & (kHot | kAwaited);
            // A sum where others use |: the bit is clear, and GCC makes shorter code of it.
            return word.compare_exchange_strong(state, static_cast<State>(state + kLocked), acquire,
                                                relaxed);
        }
    }

    /// Takes the lock, or gives up at the deadline or when `self` is cancelled. `woken` is
    /// the token of a thread that was woken to try.
    bool contend(Waiter& self, Deadline deadline,
                 std::optional<core::UnparkToken> woken = {}) noexcept {
        Spin spin{woken ? Policy::kSpinWhenWoken : Policy::kSpin, deadline};
        for (;;) {
            State state = word.load(relaxed);
            if ((state & kLocked) == 0) {
                // The duty of a woken thread: to restore kParked (and kHot) while others wait.
                const State duty = woken == kRetryMoreWait ? with(kParked, kHot) : State{0};
                if (word.compare_exchange_weak(state, with(state, kLocked | duty), acquire,
                                               relaxed)) {  // [L1]
                    return true;
                }
                continue;
            }
            // Others park already: join them, unless it is this one's turn to try.
            if ((woken || (state & kParked) == 0) && spin.once()) continue;
            if (self.is_cancelled() || deadline.has_passed()) {
                if (woken == kRetryMoreWait) pass_duty_on();
                return false;
            }
            const core::ParkResult result = park(self, deadline, woken.has_value());
            if (result.status == core::ParkStatus::TimedOut) return false;
            if (result.status == core::ParkStatus::Invalid) continue;
            if (result.token == kHandedOff) return true;
            woken = result.token;
            spin = Spin{Policy::kSpinWhenWoken, deadline};
        }
    }

    /// Makes sure that the owner's unlock will look at the queue. False when the lock became free
    /// (or changed hands) instead. Requires the bucket lock.
    PARKING_LOT_HIDDEN bool prepare_to_park(State request) noexcept {
        State state = word.load(relaxed);
        do {
            if ((state & kLocked) == 0) return false;
            // [H1] relaxed: ordered before what follows by the RMW on the same byte in unlock_hot,
            // or by the heavy fence.
        } while (!word.compare_exchange_weak(state, with(state, kParked | kHot | request), relaxed,
                                             relaxed));
        if ((state & kHot) != 0) return true;
        // [H2] moves the epochs, then a full fence on every running thread: pairs with the compiler
        // fence after [U1].
        publish_heating();
        const State expected = with(kLocked, kParked | kHot);
        return (word.load(relaxed) & expected) == expected;
    }

    /// Unlocks by a read-modify-write. Without a stack frame when nobody waits.
    PARKING_LOT_NOINLINE void unlock_hot() noexcept {
        State state = kLocked | kHot;
        if (!word.compare_exchange_strong(state, kHot, release, relaxed)) {  // [U2]
            unlock_contended(Policy::kFifo);
        }
    }

    PARKING_LOT_NOINLINE void unlock_contended(bool fair) noexcept {
        if ((word.load(relaxed) & kAwaited) != 0) Conditions::move_those_that_hold(*this);
        leave(fair);
    }

    /// Releases first, then wakes one; or hands the lock over.
    void leave(bool fair) noexcept {
        State state = word.load(relaxed);
        do {
            if ((state & kHandOff) != 0 || (fair && (state & kParked) != 0)) return hand_off();
            // [U2] release: pairs with [L1]. After it the lock may be gone: only its address
            // counts.
        } while (!word.compare_exchange_weak(state, when_free(state), release, relaxed));
        if ((state & kParked) != 0) wake_next();
    }

    /// After an unlock by plain store that a heating crossed. The lock may be gone.
    PARKING_LOT_COLD static void wake_all(const void* address) noexcept {
        unpark_all(key_of(address), kRetry);
    }

    /// Whether threads are parked at it, for a check of who destroys it.
    [[nodiscard]] bool is_waited_for() const noexcept {
        if ((word.load(relaxed) & (kParked | kAwaited)) == 0) return false;
        return is_parked_at(key_of(this)) || is_parked_at({this, Kind::Condition});
    }

    std::atomic<State> word{kFree};

  private:
    /// The state of a hot lock when it is free.
    static constexpr State when_free(State state) noexcept { return with(kHot, state & kAwaited); }

    /// Parks. A thread that was woken and overtaken keeps its place, at the front, and once it has
    /// waited for kPatience it asks for the next unlock to be a hand-off.
    core::ParkResult park(Waiter& self, Deadline deadline, bool overtaken) noexcept {
        const bool impatient = overtaken && self.has_parked_for(kPatience);
        return detail::park(
            self, key_of(this), {.at_front = overtaken, .yields = Policy::kYieldsInQueue}, deadline,
            [=, this]() noexcept { return prepare_to_park(impatient ? kHandOff : State{0}); },
            []() noexcept {},
            // kParked stays set though the queue may be empty now: harmless, see the table.
            [](const void*, bool) noexcept {});
    }

    /// For a woken thread that gives up: someone must still wake those who wait.
    PARKING_LOT_COLD void pass_duty_on() noexcept {
        bool decided = false;
        auto wake_one_unless_owner_will = [&](core::ParkToken) noexcept {
            if (std::exchange(decided, true)) return core::FilterOp::Stop;
            return prepare_to_park(0) ? core::FilterOp::Stop : core::FilterOp::Unpark;
        };
        unpark_filter(key_of(this), wake_one_unless_owner_will, retry_token);
    }

    /// After the release: wakes the head of the queue to try again; or, when it is the waiters'
    /// turn, gets it the lock. The lock may be gone, but a waiter that is found proves that it is
    /// not: that thread is inside lock(), and cannot leave while its bucket is locked.
    void wake_next() noexcept {
        bool decided = false;
        bool claimed = false;
        auto choose_the_first = [&](core::ParkToken) noexcept {
            if (std::exchange(decided, true)) return core::FilterOp::Stop;
            if (!table().bucket_of(this).fair_timer.is_due()) return core::FilterOp::Unpark;
            claimed = try_claim();
            // Overtaken already: then that owner's unlock will be the hand-off; no need to wake.
            return claimed || !prepare_to_park(kHandOff) ? core::FilterOp::Unpark
                                                         : core::FilterOp::Stop;
        };
        unpark_filter(key_of(this), choose_the_first, [&](core::UnparkResult result) noexcept {
            return claimed ? pass_on(result) : retry_token(result);
        });
    }

    /// Locks for the thread that is about to be woken. Requires the bucket lock and a waiter in it.
    PARKING_LOT_HIDDEN bool try_claim() noexcept {
        State state = word.load(relaxed);
        return (state & kLocked) == 0 &&
               word.compare_exchange_strong(state, with(state, kLocked | kHot), acquire,
                                            relaxed);  // [L1]
    }

    /// Gives the lock, still locked, to the head of the queue; releases it if nobody waits.
    void hand_off() noexcept {
        unpark_one(key_of(this), [this](core::UnparkResult result) noexcept {
            if (result.unparked != 0) return pass_on(result);
            const State state = word.load(relaxed);
            word.store(when_free(state), release);  // [U3] pairs with [L1]
            return kRetry;
        });
    }

    /// Makes the locked state that of the new owner. Plain stores are enough: while the lock is
    /// held, its byte changes only under the bucket lock. Requires the bucket lock.
    PARKING_LOT_HIDDEN core::UnparkToken pass_on(core::UnparkResult result) noexcept {
        // relaxed: the new owner acquires through its waiter's signal [waiter:W1].
        const State awaited = word.load(relaxed) & kAwaited;
        const State parked = result.have_more ? kParked : State{0};
        word.store(with(kLocked | kHot, awaited | parked), relaxed);
        return kHandedOff;
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
