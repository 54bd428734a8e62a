// SPDX-License-Identifier: MIT
// ManualClock: a clock of the test's own, which stands still until the test sets it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace parking_lot::test {

struct ManualClock {
    using rep = std::int64_t;
    using period = std::milli;
    using duration = std::chrono::duration<rep, period>;
    using time_point = std::chrono::time_point<ManualClock>;
    static constexpr bool is_steady = false;

    static time_point now() noexcept {
        times_asked.fetch_add(1);
        return time_point{duration{milliseconds.load()}};
    }

    static void reset() noexcept {
        milliseconds = 0;
        times_asked = 0;
    }

    static inline std::atomic<rep> milliseconds{0};
    static inline std::atomic<int> times_asked{0};
};

}  // namespace parking_lot::test
