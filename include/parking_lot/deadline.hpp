// SPDX-License-Identifier: MIT
// Deadline: the one form in which every timed operation carries its time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

/// A point on the steady clock at which a wait gives up, or never.
///
/// Made from any standard duration or time point. Conversions saturate instead of overflowing:
/// what lies more than thirty years ahead is "never", what is not in the future (zero,
/// negative, NaN, a past time point) has passed already. Rounds up, so a wait never ends early.
class Deadline {
  public:
    using Clock = std::chrono::steady_clock;

    /// No limit.
    [[nodiscard]] static constexpr Deadline never() noexcept {
        return Deadline{(Clock::time_point::max)()};
    }

    /// A limit that has passed already: try, but do not wait.
    [[nodiscard]] static constexpr Deadline passed() noexcept {
        return Deadline{(Clock::time_point::min)()};
    }

    /// `duration` from now. Reads the clock once.
    template <class Rep, class Period>
    [[nodiscard]] static Deadline after(const std::chrono::duration<Rep, Period>& duration) {
        const Seconds roughly{duration};
        if (!(roughly.count() > 0)) return passed();
        if (roughly > kLongestWait) return never();
        return Deadline{Clock::now() + nanoseconds_up(duration)};
    }

    /// The moment `time`, on any clock; converted to the steady clock once, here.
    template <class AnyClock, class Duration>
    [[nodiscard]] static Deadline at(const std::chrono::time_point<AnyClock, Duration>& time) {
        const auto now = AnyClock::now();
        // Doubles first: the exact subtraction would overflow for time_point::min() and max().
        const Seconds roughly = Seconds{time.time_since_epoch()} - Seconds{now.time_since_epoch()};
        if (roughly > kLongestWait) return never();
        if (!(roughly > -kLongestWait)) return passed();
        return after(nanoseconds_up(time.time_since_epoch()) -
                     std::chrono::floor<std::chrono::nanoseconds>(now.time_since_epoch()));
    }

    [[nodiscard]] constexpr bool is_never() const noexcept {
        return time_ == (Clock::time_point::max)();
    }

    /// Whether the limit is reached. Reads the clock unless the answer is known without it.
    [[nodiscard]] bool has_passed() const noexcept {
        if (is_never()) return false;
        return time_ == (Clock::time_point::min)() || Clock::now() >= time_;
    }

    /// The limit on the steady clock; meaningful unless is_never().
    [[nodiscard]] constexpr Clock::time_point time() const noexcept { return time_; }

  private:
    using Seconds = std::chrono::duration<double>;

    // As seconds it fits a 32-bit time_t, as nanoseconds a 64-bit count, uptime added.
    static constexpr Seconds kLongestWait{30.0 * 365 * 24 * 3600};

    /// Rounds up, in a type that neither wraps (unsigned) nor rounds down (float).
    template <class Rep, class Period>
    static std::chrono::nanoseconds nanoseconds_up(
        const std::chrono::duration<Rep, Period>& duration) {
        using Wide = std::conditional_t<std::chrono::treat_as_floating_point_v<Rep>,
                                        std::chrono::duration<double, Period>,
                                        std::chrono::duration<std::int64_t, Period>>;
        return std::chrono::ceil<std::chrono::nanoseconds>(Wide{duration});
    }

    explicit constexpr Deadline(Clock::time_point time) noexcept : time_{time} {}

    Clock::time_point time_;
};

/// Calls `attempt(Deadline)` until it succeeds or `time` has come on `time`'s own clock: a clock
/// that may be set back (system_clock) is asked again before the wait is given up.
template <class AnyClock, class Duration, class Attempt>
[[nodiscard]] bool attempt_until(const std::chrono::time_point<AnyClock, Duration>& time,
                                 Attempt&& attempt) {
    for (;;) {
        if (attempt(Deadline::at(time))) return true;
        if constexpr (AnyClock::is_steady) return false;
        if (!(AnyClock::now() < time)) return false;  // so that NaN ends it, too
    }
}

}  // namespace parking_lot::inline PARKING_LOT_ABI
