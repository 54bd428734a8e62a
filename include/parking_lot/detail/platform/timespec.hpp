// SPDX-License-Identifier: MIT
// to_timespec: a deadline as POSIX systems take it.
#pragma once

#include <time.h>

#include <chrono>

#include "parking_lot/deadline.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The time on CLOCK_MONOTONIC, which is steady_clock's. Deadline sees to it that its seconds fit
/// 32 bits.
template <class Timespec = timespec>
[[nodiscard]] Timespec to_timespec(Deadline::Clock::time_point time) noexcept {
    const auto nanoseconds =
        std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    Timespec result{};
    result.tv_sec = static_cast<decltype(result.tv_sec)>(nanoseconds / 1'000'000'000);
    result.tv_nsec = static_cast<decltype(result.tv_nsec)>(nanoseconds % 1'000'000'000);
    return result;
}

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
