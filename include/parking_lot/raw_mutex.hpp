// SPDX-License-Identifier: MIT
// RawMutex: a one-byte lock whose uncontended lock and unlock are one atomic read-modify-write.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/spin.hpp"
#include "parking_lot/raw_lock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// How a mutex treats threads that arrive while others wait. The limits of spinning were chosen by
/// `compare --only contended` (bench/).
namespace policy {

/// Arrivals may overtake waiters (throughput), but every half a millisecond it is the waiters'
/// turn.
struct Barging {
    static constexpr const char* kName = "parking_lot::RawMutex";
    static constexpr bool kFifo = false;
    static constexpr detail::Spin::Limits kSpin{.pauses = 4, .yields = 10};
    // Woken threads do without pauses: those who run have the better chance, so let them go on.
    static constexpr detail::Spin::Limits kSpinWhenWoken{.pauses = 0, .yields = 10};
    static constexpr int kYieldsInQueue = 0;
};

/// Every unlock hands the lock to the thread that has waited longest. Threads queue at once, so the
/// order is that of arrival, and stay awake for some turns in the queue: a hand-off to a sleeping
/// thread takes several times as long.
struct Fifo {
    static constexpr const char* kName = "parking_lot::RawFairMutex";
    static constexpr bool kFifo = true;
    static constexpr detail::Spin::Limits kSpin{.pauses = 0, .yields = 0};
    static constexpr detail::Spin::Limits kSpinWhenWoken{.pauses = 0, .yields = 0};
    static constexpr int kYieldsInQueue = 30;
};

}  // namespace policy

/// A mutex without data: the lock under Mutex<T> and FairMutex<T>.
///
/// `Word` is the integer that holds its state: one byte where memory counts; 32 bits where there is
/// room, since some processors (AMD's Zen) need 2 ns longer to store a byte than a word.
///
/// Satisfies the standard's Lockable and TimedLockable. Zero-initialized, trivially destructible,
/// usable before main, after exit, in thread-local destructors and in allocators; never allocates,
/// never throws. Not recursive: locking it twice from one thread deadlocks (checked builds report
/// it). May be destroyed once no thread holds it or waits, even before the last unlock returns.
template <class Policy, std::unsigned_integral Word = std::uint8_t>
class BasicRawMutex {
    using enum std::memory_order;
    static_assert(std::same_as<Word, std::uint8_t> || std::same_as<Word, std::uint32_t>,
                  "a mutex has one byte or 32 bits of state");

  public:
    constexpr BasicRawMutex() noexcept = default;
    BasicRawMutex(const BasicRawMutex&) = delete;
    BasicRawMutex& operator=(const BasicRawMutex&) = delete;

    /// Locks, sleeping while another thread holds the lock.
    void lock() noexcept {
        if (!lock_at_once()) [[unlikely]]
            lock_slow();
        check_.acquired();
    }

    /// Locks if no thread holds the lock. Never blocks; never fails on a free lock.
    [[nodiscard]] bool try_lock() noexcept {
        State state = state_.load(relaxed);
        while ((state & kLocked) == 0) {
            if (state_.compare_exchange_weak(state, with(state, kLocked), acquire,
                                             relaxed)) {  // [L1]
                check_.acquired();
                return true;
            }
        }
        return false;
    }

    /// Locks, or returns false once `deadline` has passed. A free lock is taken even then.
    [[nodiscard]] bool try_lock_until(Deadline deadline) noexcept {
        return try_lock() || lock_slow_until(deadline);
    }

    /// Locks, or returns false once `time` has come on its own clock.
    template <class Clock, class Duration>
    [[nodiscard]] bool try_lock_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_lock_until(d); });
    }

    /// Locks, or returns false after `duration`. Zero or negative: as try_lock().
    template <class Rep, class Period>
    [[nodiscard]] bool try_lock_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_lock() || lock_slow_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Locks, or returns false once a stop is requested. A free lock is taken even then.
    [[nodiscard]] bool lock(std::stop_token stop) {
        if (try_lock()) return true;
        detail::Waiter self;
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return acquired_if(contend(self, Deadline::never()));
    }
#endif

    /// Unlocks. Requires that the lock is held (by any thread). With policy Fifo: unlock_fair().
    void unlock() noexcept {
        check_.before_unlock(*this, Policy::kName);
        // [U0] acquire: read before the state, so that a heating that the state does not show yet
        // is one that the second look at the epoch shows. Also pairs with the module's join.
        const std::uintptr_t epoch = detail::this_module.epoch.load(acquire);
        if (state_.load(relaxed) == kLocked && (epoch & detail::kNeedsRmw) == 0) [[likely]] {
            const void* const address = this;
            // [U1] release: pairs with [L1]. A plain store may overwrite bits that a parking thread
            // is setting just now; see "Why no wake-up is lost". The lock may be gone after it.
            state_.store(kFree, release);
            std::atomic_signal_fence(seq_cst);  // pairs with the heavy fence [H2]
            if (detail::this_module.epoch.load(relaxed) != epoch) [[unlikely]]
                wake_all(address);
        } else {
            unlock_hot();
        }
    }

    /// Unlocks by handing the lock to the thread that has waited longest, if one waits.
    void unlock_fair() noexcept {
        if ((state_.load(relaxed) & kParked) == 0) return unlock();
        check_.before_unlock(*this, Policy::kName);
        unlock_contended(/*fair=*/true);
    }

    /// Lets a waiting thread, if there is one, have the lock, and locks again. Costs one load when
    /// nobody waits.
    void bump() noexcept {
        if ((state_.load(relaxed) & kParked) == 0) return;
        unlock_fair();
        lock();
    }

    /// Whether some thread holds the lock. Out of date when it returns: for tests and assertions.
    [[nodiscard]] bool is_locked() const noexcept { return (state_.load(relaxed) & kLocked) != 0; }

  private:
    friend struct detail::Requeue;
    using Requeued = BasicRawMutex;
    static constexpr bool kFifo = Policy::kFifo;
    using State = Word;

    // state_                                              set by                    cleared by
    //   kLocked   a thread owns the lock                  lock, (hand_off keeps)    unlock
    //   kParked   the queue may be non-empty              prepare_to_park, lock     pass_on,
    //                                                     by a woken thread        unlock_contended
    //   kHot      unlock must be a read-modify-write      prepare_to_park           a racing [U1]
    //   kHandOff  it is the waiters' turn: the next       wake_next, or one who was hand_off
    //             unlock is a hand-off                    overtaken for long (park)
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
    static constexpr std::chrono::microseconds kPatience{500};

    // Tokens to a woken thread: the lock is yours / try again, and whether others still wait.
    static constexpr core::UnparkToken kRetry{0};
    static constexpr core::UnparkToken kRetryMoreWait{1};
    static constexpr core::UnparkToken kHandedOff{2};

    static constexpr State with(State state, State bits) noexcept {
        return static_cast<State>(state | bits);
    }

    static detail::Key key_of(const void* address) noexcept {
        return {address, sizeof(Word) == 1 ? detail::Kind::ByteMutex : detail::Kind::WordMutex};
    }

    static core::UnparkToken retry_token(core::UnparkResult result) noexcept {
        return result.have_more ? kRetryMoreWait : kRetry;
    }

    /// One attempt in one read-modify-write; may fail on a free lock.
    bool lock_at_once() noexcept {
        // [L1] acquire: the critical section sees those before it. Pairs with [U1], [U2], [U3].
        if constexpr (std::same_as<Word, std::uint32_t>) {
            // One instruction on x86, which needs no look at the word first. On a locked lock it
            // writes back what it found.
            return (state_.fetch_or(kLocked, acquire) & kLocked) == 0;
        } else {
            State state = state_.load(relaxed) & kHot;
            // A sum where others use |: the bit is clear, and GCC makes shorter code of it.
            return state_.compare_exchange_strong(state, static_cast<State>(state + kLocked),
                                                  acquire, relaxed);
        }
    }

    PARKING_LOT_COLD void lock_slow() noexcept {
        check_.before_wait(this, Policy::kName);
        detail::Waiter self;
        contend(self, Deadline::never());
    }

    PARKING_LOT_COLD bool lock_slow_until(Deadline deadline) noexcept {
        detail::Waiter self;
        return acquired_if(contend(self, deadline));
    }

    bool acquired_if(bool acquired) noexcept {
        if (acquired) check_.acquired();
        return acquired;
    }

    /// Takes the lock, or gives up at the deadline or when `self` is cancelled. `woken` is
    /// the token of a thread that was woken to try.
    bool contend(detail::Waiter& self, Deadline deadline,
                 std::optional<core::UnparkToken> woken = {}) noexcept {
        detail::Spin spin{woken ? Policy::kSpinWhenWoken : Policy::kSpin, deadline};
        Deadline::Clock::time_point parked_since{};
        for (;;) {
            State state = state_.load(relaxed);
            if ((state & kLocked) == 0) {
                // The duty of a woken thread: to restore kParked (and kHot) while others wait.
                const State duty = woken == kRetryMoreWait ? with(kParked, kHot) : State{0};
                if (state_.compare_exchange_weak(state, with(state, kLocked | duty), acquire,
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
            if (parked_since.time_since_epoch().count() == 0) parked_since = Deadline::Clock::now();
            const core::ParkResult result = park(self, deadline, woken.has_value(), parked_since);
            if (result.status == core::ParkStatus::TimedOut) return false;
            if (result.status == core::ParkStatus::Invalid) continue;
            if (result.token == kHandedOff) return true;
            woken = result.token;
            spin = detail::Spin{Policy::kSpinWhenWoken, deadline};
        }
    }

    /// Parks. A thread that was woken and overtaken keeps its place, at the front, and once it has
    /// waited for kPatience it asks for the next unlock to be a hand-off.
    core::ParkResult park(detail::Waiter& self, Deadline deadline, bool overtaken,
                          Deadline::Clock::time_point since) noexcept {
        const bool impatient = overtaken && Deadline::Clock::now() - since > kPatience;
        return detail::park(
            self, key_of(this), {.at_front = overtaken, .yields = Policy::kYieldsInQueue}, deadline,
            [=, this]() noexcept { return prepare_to_park(impatient ? kHandOff : State{0}); },
            []() noexcept {},
            // kParked stays set though the queue may be empty now: harmless, see the table.
            [](const void*, bool) noexcept {});
    }

    /// Makes sure that the owner's unlock will look at the queue. False when the lock became free
    /// (or changed hands) instead. Requires the bucket lock.
    bool prepare_to_park(State request) noexcept {
        State state = state_.load(relaxed);
        do {
            if ((state & kLocked) == 0) return false;
            // [H1] relaxed: ordered before what follows by the RMW on the same byte in unlock_hot,
            // or by the heavy fence.
        } while (!state_.compare_exchange_weak(state, with(state, kParked | kHot | request),
                                               relaxed, relaxed));
        if ((state & kHot) != 0) return true;
        // [H2] moves the epochs, then a full fence on every running thread: pairs with the compiler
        // fence after [U1].
        detail::publish_heating();
        const State expected = with(kLocked, kParked | kHot);
        return (state_.load(relaxed) & expected) == expected;
    }

    /// For a woken thread that gives up: someone must still wake those who wait.
    PARKING_LOT_COLD void pass_duty_on() noexcept {
        bool decided = false;
        auto wake_one_unless_owner_will = [&](core::ParkToken) noexcept {
            if (std::exchange(decided, true)) return core::FilterOp::Stop;
            return prepare_to_park(0) ? core::FilterOp::Stop : core::FilterOp::Unpark;
        };
        detail::unpark_filter(key_of(this), wake_one_unless_owner_will, retry_token);
    }

    /// Unlocks by a read-modify-write. Without a stack frame when nobody waits.
    PARKING_LOT_NOINLINE void unlock_hot() noexcept {
        State state = kLocked | kHot;
        if (!state_.compare_exchange_strong(state, kHot, release, relaxed)) {  // [U2]
            unlock_contended(Policy::kFifo);
        }
    }

    /// Releases first, then wakes one; or hands the lock over.
    PARKING_LOT_NOINLINE void unlock_contended(bool fair) noexcept {
        State state = state_.load(relaxed);
        do {
            if ((state & kHandOff) != 0 || (fair && (state & kParked) != 0)) return hand_off();
            // [U2] release: pairs with [L1]. After it the lock may be gone: only its address
            // counts.
        } while (!state_.compare_exchange_weak(state, kHot, release, relaxed));
        if ((state & kParked) != 0) wake_next();
    }

    /// After the release: wakes the head of the queue to try again; or, when it is the waiters'
    /// turn, gets it the lock. The lock may be gone, but a waiter that is found proves that it is
    /// not: that thread is inside lock(), and cannot leave while its bucket is locked.
    void wake_next() noexcept {
        bool decided = false;
        bool claimed = false;
        auto choose_the_first = [&](core::ParkToken) noexcept {
            if (std::exchange(decided, true)) return core::FilterOp::Stop;
            if (!detail::table().bucket_of(this).fair_timer.is_due()) return core::FilterOp::Unpark;
            claimed = try_claim();
            // Overtaken already: then that owner's unlock will be the hand-off; no need to wake.
            return claimed || !prepare_to_park(kHandOff) ? core::FilterOp::Unpark
                                                         : core::FilterOp::Stop;
        };
        detail::unpark_filter(key_of(this), choose_the_first,
                              [&](core::UnparkResult result) noexcept {
                                  return claimed ? pass_on(result) : retry_token(result);
                              });
    }

    /// Locks for the thread that is about to be woken. Requires the bucket lock and a waiter in it.
    bool try_claim() noexcept {
        State state = state_.load(relaxed);
        return (state & kLocked) == 0 && state_.compare_exchange_strong(state, with(kLocked, kHot),
                                                                        acquire, relaxed);  // [L1]
    }

    /// Gives the lock, still locked, to the head of the queue; releases it if nobody waits.
    void hand_off() noexcept {
        detail::unpark_one(key_of(this), [this](core::UnparkResult result) noexcept {
            if (result.unparked != 0) return pass_on(result);
            state_.store(kHot, release);  // [U3] pairs with [L1]
            return kRetry;
        });
    }

    /// Makes the locked state that of the new owner. Plain stores are enough: while the lock is
    /// held, its byte changes only under the bucket lock. Requires the bucket lock.
    core::UnparkToken pass_on(core::UnparkResult result) noexcept {
        // relaxed: the new owner acquires through its waiter's signal [waiter:W1].
        state_.store(with(kLocked | kHot, result.have_more ? kParked : 0), relaxed);
        return kHandedOff;
    }

    PARKING_LOT_COLD static void wake_all(const void* address) noexcept {
        detail::unpark_all(key_of(address), kRetry);
    }

    std::atomic<State> state_{kFree};
    [[no_unique_address]] detail::OwnerCheck check_;
};

/// The default mutex: fast, and every half a millisecond fair. RawMutex is one byte, RawWordMutex
/// the same in four.
using RawMutex = BasicRawMutex<policy::Barging>;
using RawWordMutex = BasicRawMutex<policy::Barging, std::uint32_t>;

static_assert(PARKING_LOT_CHECKED || (sizeof(RawMutex) == 1 && sizeof(RawWordMutex) == 4));
static_assert(RawTimedLockable<RawMutex> && RawFairLockable<RawMutex> && RawInspectable<RawMutex>);

}  // namespace parking_lot::inline PARKING_LOT_ABI
