// SPDX-License-Identifier: MIT
// Looking at one series of the metered locks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parking_lot/metrics.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {

/// What is known now of the locks of this name in this mode; an empty series if nothing is.
inline metrics::Series series_of(std::string_view lock,
                                 metrics::Mode mode = metrics::Mode::Exclusive,
                                 const metrics::Labels& labels = {}) {
    for (metrics::Series& series : metrics::snapshot()) {
        if (series.lock == lock && series.mode == mode && series.labels == labels) {
            return std::move(series);
        }
    }
    return {};
}

/// Returns once `count` threads wait for locks of this name in this mode.
inline void wait_for_metered_waiters(std::string_view lock, std::uint64_t count,
                                     metrics::Mode mode = metrics::Mode::Exclusive) {
    wait_until([&]() { return series_of(lock, mode).waiters == count; });
}

}  // namespace parking_lot::test
