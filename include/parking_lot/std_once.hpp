// SPDX-License-Identifier: MIT
// RawStdOnce: std::atomic's wait and notify with the interface of RawOnce, for comparing the two.
#pragma once

#include <atomic>
#include <chrono>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/std_poll.hpp"
#include "parking_lot/raw_once.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// std::atomic behind the interface of RawOnce: the other side of the A/B switch. Not
/// std::once_flag, which cannot say how far it has come, nor be tried or waited for.
///
/// What std::atomic lacks is made up for, not matched: timed and stoppable waits poll, sleeping for
/// up to a millisecond between looks; abandon() wakes every waiting thread.
class RawStdOnce {
    using enum std::memory_order;

  public:
    constexpr RawStdOnce() noexcept = default;
    RawStdOnce(const RawStdOnce&) = delete;
    RawStdOnce& operator=(const RawStdOnce&) = delete;

    /// One that is done from the start.
    [[nodiscard]] static constexpr RawStdOnce completed() noexcept {
        return RawStdOnce{OnceState::Done};
    }

    [[nodiscard]] bool is_done() const noexcept { return state() == OnceState::Done; }

    // acquire, here and below: pairs with the release in end_attempt().
    [[nodiscard]] OnceState state() const noexcept { return state_.load(acquire); }

    /// True: this thread is to do the work. False: it is done. Sleeps while another is at it.
    [[nodiscard]] bool begin() {
        while (!is_done()) {
            if (try_begin()) return true;
            check_before_wait();
            state_.wait(OnceState::InProgress, acquire);
        }
        return false;
    }

    /// True: this thread is to do the work. False: it is done, or another thread is at it.
    [[nodiscard]] bool try_begin() noexcept {
        OnceState expected = OnceState::New;
        const bool begun =
            state_.compare_exchange_strong(expected, OnceState::InProgress, acquire, relaxed);
        if (begun) check_.acquired();
        return begun;
    }

    /// The work is done, for good.
    void complete() noexcept { end_attempt(OnceState::Done); }

    /// The attempt failed: another is to try again.
    void abandon() noexcept { end_attempt(OnceState::New); }

    /// Waits, asleep, until the work is done; also when no thread has begun it yet.
    void wait() {
        for (OnceState seen = state(); seen != OnceState::Done; seen = state()) {
            check_before_wait();
            state_.wait(seen, acquire);
        }
    }

    /// Polls until the work is done, or `deadline` has passed. Returns whether it is done.
    [[nodiscard]] bool wait_until(Deadline deadline) {
        return detail::poll(deadline, [this]() { return is_done(); });
    }

    /// Polls until the work is done, or `time` has come on its own clock.
    template <class Clock, class Duration>
    [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& time) {
        return is_done() || attempt_until(time, [this](Deadline d) { return wait_until(d); });
    }

    /// Polls until the work is done, or `duration` has passed.
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& duration) {
        return is_done() || wait_until(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Polls until the work is done, or a stop is requested.
    // NOLINTNEXTLINE(performance-unnecessary-value-param): as the other backend does
    [[nodiscard]] bool wait(std::stop_token stop) {
        return detail::poll(stop, [this]() { return is_done(); });
    }
#endif

    /// Back to New. Requires that no other thread uses the once.
    void reset() noexcept {
        detail::check(state() != OnceState::InProgress, "reset of a once in progress", kName, this);
        state_.store(OnceState::New, relaxed);
    }

  private:
    static constexpr const char* kName = "parking_lot::RawStdOnce";

    explicit constexpr RawStdOnce(OnceState state) noexcept : state_{state} {}

    void check_before_wait() const noexcept {
        check_.before_wait(this, kName, "self-deadlock: a once waits for itself");
    }

    void end_attempt(OnceState next) noexcept {
        detail::check(state() == OnceState::InProgress, "end of a once not in progress", kName,
                      this);
        check_.released();
        state_.store(next, release);
        state_.notify_all();
    }

    std::atomic<OnceState> state_{OnceState::New};
    [[no_unique_address]] detail::OwnerCheck check_;
};

}  // namespace parking_lot::inline PARKING_LOT_ABI
