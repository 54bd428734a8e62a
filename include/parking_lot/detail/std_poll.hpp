// SPDX-License-Identifier: MIT
// poll: waits with a limit for what the standard library's locks only let one try.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include "parking_lot/deadline.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

inline bool is_over(const Deadline& deadline) { return deadline.has_passed(); }
#if PARKING_LOT_HAS_STOP_TOKEN
inline bool is_over(const std::stop_token& stop) { return stop.stop_requested(); }
#endif

/// Calls `attempt() -> bool` until it succeeds, or returns false once `limit` is over: a Deadline
/// or a std::stop_token. Sleeps for up to a millisecond between tries.
template <class Limit, class Try>
[[nodiscard]] bool poll(const Limit& limit, Try&& attempt) {
    constexpr std::chrono::microseconds kLongestPause{1000};
    for (std::chrono::microseconds pause{1}; !attempt();
         pause = (std::min)(pause * 2, kLongestPause)) {
        if (is_over(limit)) return false;
        std::this_thread::sleep_for(pause);
    }
    return true;
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
