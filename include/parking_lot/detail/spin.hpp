// SPDX-License-Identifier: MIT
// Spin: a bounded wait without sleeping.
#pragma once

#include <chrono>
#include <thread>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Yields the processor once. False when it came back late: then others need it, and a thread that
/// goes on yielding would only queue behind them again and again, where one that sleeps is woken.
[[nodiscard]] inline bool yield_briefly() noexcept {
    constexpr std::chrono::microseconds kBrief{100};
    const auto before = Deadline::Clock::now();
    std::this_thread::yield();
    return Deadline::Clock::now() - before < kBrief;
}

/// A short wait for a lock's word to change: some pauses, for an owner that runs on another
/// processor, then some yields, for one that waits for this one.
class Spin {
  public:
    struct Limits {
        int pauses;
        int yields;
    };

    /// With a deadline it does not yield: the processor might be given back too late.
    Spin(Limits limits, Deadline deadline) noexcept
        : left_{limits.pauses, deadline.is_never() ? limits.yields : 0} {}

    /// Waits a little. False, at once, when the patience is used up.
    [[nodiscard]] bool once() noexcept {
        if (left_.pauses > 0) {
            --left_.pauses;
            platform::cpu_relax();
            return true;
        }
        if (left_.yields > 0) {
            left_.yields = yield_briefly() ? left_.yields - 1 : 0;
            return true;
        }
        return false;
    }

  private:
    Limits left_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
