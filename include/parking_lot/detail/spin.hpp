// SPDX-License-Identifier: MIT
// Spin: a bounded wait without sleeping.
#pragma once

#include <thread>

#include "parking_lot/detail/platform.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A short wait for a lock's word to change: some pauses, for an owner that runs on another
/// processor, then some yields, for one that waits for this one.
class Spin {
  public:
    struct Limits {
        int pauses;
        int yields;
    };

    explicit constexpr Spin(Limits limits) noexcept : left_{limits} {}

    /// Waits a little. False, at once, when the patience is used up.
    [[nodiscard]] bool once() noexcept {
        if (left_.pauses > 0) {
            --left_.pauses;
            platform::cpu_relax();
            return true;
        }
        if (left_.yields > 0) {
            --left_.yields;
            std::this_thread::yield();
            return true;
        }
        return false;
    }

  private:
    Limits left_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
