// SPDX-License-Identifier: MIT
// RawOnce: the one-byte state of something that is to happen once, and the threads that wait for
// it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/lock_check.hpp"
#include "parking_lot/detail/spin.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// How far a once has come. From InProgress it goes back to New when the attempt failed.
enum class OnceState { New, InProgress, Done };

/// A once without its function: what Once and OnceCell<T> are made of. Whoever gets true from
/// begin() does the work, and ends the attempt with complete() or abandon().
///
/// Zero-initialized and trivially destructible (not in checked builds), usable before main, after
/// exit, in thread-local destructors and in allocators; never allocates, never throws. May be
/// destroyed as soon as it is done and no thread waits for it, even while complete() has not
/// returned yet.
class RawOnce {
    using enum std::memory_order;

  public:
#if PARKING_LOT_CHECKED
    /// The default constructor: reports name the code that calls it as where the once was made.
    // NOLINTNEXTLINE(google-explicit-constructor)
    constexpr RawOnce(detail::Origin origin = detail::Origin::current()) noexcept
        : check_{this, kName, origin} {}
    constexpr ~RawOnce() {
        if (!std::is_constant_evaluated())
            check_.before_destruction((state_.load(relaxed) & kRunning) != 0, is_waited_for());
    }
    /// What reports say of where it was made. Before other threads know the once.
    constexpr void set_origin(detail::Origin origin) noexcept { check_.set_origin(origin); }
#else
    constexpr RawOnce() noexcept = default;
#endif
    RawOnce(const RawOnce&) = delete;
    RawOnce& operator=(const RawOnce&) = delete;

    /// One that is done from the start.
    [[nodiscard]] static constexpr RawOnce completed() noexcept { return RawOnce{kDone}; }

    /// Whether the work is done, and visible to this thread. One load.
    [[nodiscard]] bool is_done() const noexcept {
        // [O1] acquire: what was done is seen. Pairs with [O2].
        return state_.load(acquire) == kDone;
    }

    /// Unless it says Done, out of date when it returns.
    [[nodiscard]] OnceState state() const noexcept {
        const State state = state_.load(acquire);  // [O1]
        if (state == kDone) return OnceState::Done;
        return (state & kRunning) != 0 ? OnceState::InProgress : OnceState::New;
    }

    /// True: this thread is to do the work. False: it is done. Sleeps while another thread is at
    /// it. Calling this while doing the work deadlocks (reported in checked builds).
    [[nodiscard]] bool begin() noexcept {
        if (!take() && !begin_slow()) return false;
        check_.begun();
        return true;
    }

    /// True: this thread is to do the work. False: it is done, or another thread is at it.
    [[nodiscard]] bool try_begin() noexcept {
        if (!take()) return false;
        check_.begun_by_try();
        return true;
    }

    /// The work is done, for good. Requires that begin() or try_begin() gave it to this thread.
    void complete() noexcept {
        check_running();
        check_.before_completion();
        const void* const address = this;
        // [O2] release: pairs with [O1]. The once may be gone after it: only its address counts.
        if ((state_.exchange(kDone, release) & kParked) != 0) wake_all(address);
    }

    /// The attempt failed: the next caller of begin(), or one that waits there, is to try again.
    /// Requires that begin() or try_begin() gave the work to this thread.
    void abandon() noexcept {
        check_running();
        check_.before_end();
        const void* const address = this;
        // [O4] release: pairs with [O3]. As in complete(), the once may be gone after it.
        if ((state_.fetch_and(kParked, release) & kParked) != 0) wake_a_caller(address);
    }

    /// Waits, asleep, until the work is done; also when no thread has begun it yet.
    void wait() noexcept {
        if (is_done()) return;
        check_.before_wait(this, kName);
        detail::Waiter self{kWaits};
        wait_slow(self, Deadline::never());
        check_.after_wait();
    }

    /// Waits until the work is done, or `deadline` has passed. Returns whether it is done.
    [[nodiscard]] bool wait_until(Deadline deadline) noexcept {
        if (is_done()) return true;
        detail::Waiter self{kWaits};
        return wait_slow(self, deadline);
    }

    /// Waits until the work is done, or `time` has come on its own clock.
    template <class Clock, class Duration>
    [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& time) {
        return is_done() || attempt_until(time, [this](Deadline d) { return wait_until(d); });
    }

    /// Waits until the work is done, or `duration` has passed. Zero or negative: as is_done().
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& duration) {
        return is_done() || wait_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Waits until the work is done, or a stop is requested.
    [[nodiscard]] bool wait(std::stop_token stop) {
        if (is_done()) return true;
        detail::Waiter self{kWaits};
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return wait_slow(self, Deadline::never());
    }
#endif

    /// Back to New. Requires that no other thread uses the once.
    void reset() noexcept {
        detail::check((state_.load(relaxed) & kRunning) == 0, "reset of a once in progress", kName,
                      this);
        check_.before_reset(this);
        state_.store(kNew, relaxed);
    }

  private:
    using State = std::uint8_t;

    // state_                                  set by             cleared by
    //   kDone      the work is done           complete           reset
    //   kRunning   a thread is at it          take               complete, abandon
    //   kParked    the queue may be non-empty prepare_to_park    complete
    //
    //   P R D
    //   0 0 0  new                        -> 010 take
    //                                     -> 100 prepare_to_park, in wait()
    //   0 1 0  in progress                -> 001 complete    -> 000 abandon
    //                                     -> 110 prepare_to_park
    //   1 0 0  new, threads may wait      -> 110 take
    //   1 1 0  in progress, they wait     -> 001 complete, which wakes all
    //                                     -> 100 abandon, which wakes one of those in begin()
    //   0 0 1  done, for good
    // May be wrong: kParked with an empty queue (a wasted visit to the bucket).
    // Never: a parked thread while kParked is clear, unless complete() is on its way to wake it; or
    // one parked in begin() while nobody is at the work, unless abandon() is on its way to wake one
    // or a woken one is on its way to take(), which it must call before it may give up. Those
    // in wait() are of no use to abandon(): hence the tokens. A stray wake, by address, that meant
    // an earlier once in this memory is harmless: whoever is woken looks at the state again.
    // tests/model/once.pml checks all this.
    static constexpr State kNew = 0;
    static constexpr State kDone = 1;
    static constexpr State kRunning = 2;
    static constexpr State kParked = 4;

    PARKING_LOT_HIDDEN static constexpr core::ParkToken kCalls{0};  // parked in begin()
    PARKING_LOT_HIDDEN static constexpr core::ParkToken kWaits{1};  // parked in wait()

    static constexpr const char* kName = "parking_lot::Once";

    // The pauses and yields of RawMutex: most work that is done once takes longer.
    static constexpr detail::Spin::Limits kSpin{.pauses = 4, .yields = 10};

    /// Done. Returned by value, which GCC takes for no constant if it has its own address.
    explicit constexpr RawOnce(State state) noexcept
        : state_{state}, check_{nullptr, kName, detail::Origin::current()} {}

    static constexpr State with(State state, State bits) noexcept {
        return static_cast<State>(state | bits);
    }

    static detail::Key key_of(const void* address) noexcept {
        return {address, detail::Kind::Once};
    }

    [[nodiscard]] bool is_waited_for() const noexcept {
        return (state_.load(relaxed) & kParked) != 0 && detail::is_parked_at(key_of(this));
    }

    void check_running() const noexcept {
        if constexpr (PARKING_LOT_CHECKED != 0) {
            const bool running = (state_.load(relaxed) & kRunning) != 0;
            detail::check(running, "end of a once not in progress", kName, this);
        }
    }

    /// Takes on the work, unless it is done or another thread is at it.
    bool take() noexcept {
        State state = state_.load(relaxed);
        while ((state & (kRunning | kDone)) == 0) {
            // [O3] acquire: what failed attempts left behind is seen. Pairs with [O4].
            if (state_.compare_exchange_weak(state, with(state, kRunning), acquire, relaxed))
                return true;
        }
        return false;
    }

    PARKING_LOT_COLD bool begin_slow() noexcept {
        if (is_done()) return false;
        check_.before_wait(this, kName);
        detail::Waiter self{kCalls};
        detail::Spin spin{kSpin, Deadline::never()};
        while (!is_done()) {
            if (take()) return true;
            if (!spin_once(spin)) park(self, Deadline::never());
        }
        check_.after_wait();
        return false;
    }

    PARKING_LOT_COLD bool wait_slow(detail::Waiter& self, Deadline deadline) noexcept {
        detail::Spin spin{kSpin, deadline};
        while (!is_done()) {
            if (spin_once(spin)) continue;
            if (self.is_cancelled() || deadline.has_passed()) return false;
            park(self, deadline);
        }
        return true;
    }

    /// Worth it while a thread is at the work and nobody had to wait for long.
    bool spin_once(detail::Spin& spin) const noexcept {
        return state_.load(relaxed) == kRunning && spin.once();
    }

    /// However it ends, the state tells what to do next.
    void park(detail::Waiter& self, Deadline deadline) noexcept {
        (void)detail::park(
            self, key_of(this), {}, deadline,
            [this, who = self.park_token]() noexcept { return prepare_to_park(who); },
            []() noexcept {},
            // kParked stays set though the queue may be empty now: harmless, see the table.
            [](const void*, bool) noexcept {});
    }

    /// Makes sure that complete() and abandon() look at the queue. False when there is nothing to
    /// wait for. Requires the bucket lock.
    PARKING_LOT_HIDDEN bool prepare_to_park(core::ParkToken who) noexcept {
        const State awaited = who == kCalls ? kRunning : State{0};
        State state = state_.load(relaxed);
        do {
            if (state == kDone || (state & awaited) != awaited) return false;
            // relaxed: whoever finds the bit then locks the bucket, and so finds this thread.
        } while (!state_.compare_exchange_weak(state, with(state, kParked), relaxed, relaxed));
        return true;
    }

    PARKING_LOT_COLD static void wake_all(const void* address) noexcept {
        detail::unpark_all(key_of(address), {});
    }

    PARKING_LOT_COLD static void wake_a_caller(const void* address) noexcept {
        bool found = false;
        auto choose_the_first_caller = [&](core::ParkToken who) noexcept {
            if (found) return core::FilterOp::Stop;
            found = who == kCalls;
            return found ? core::FilterOp::Unpark : core::FilterOp::Skip;
        };
        detail::unpark_filter(key_of(address), choose_the_first_caller,
                              [](core::UnparkResult) noexcept { return core::UnparkToken{}; });
    }

    std::atomic<State> state_{kNew};
    [[no_unique_address]] detail::OnceCheck check_{this, kName, detail::Origin::current()};
};

static_assert(PARKING_LOT_CHECKED || sizeof(RawOnce) == 1);

}  // namespace parking_lot::inline PARKING_LOT_ABI
