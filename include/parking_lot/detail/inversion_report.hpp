// SPDX-License-Identifier: MIT
// The report of a lock-order inversion.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/lock_graph.hpp"

#if PARKING_LOT_CHECKED

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

inline void print_order(std::FILE* out, const LockOrdering& order, const char* tense) noexcept {
    order.thread.print(out);
    std::fprintf(out, " %s ", tense);
    order.second.print(out);
    std::fputs("\n  while it held ", out);
    order.first.print(out);
    std::fputs(".\n  The one that was held had been locked here:\n", out);
    order.first_locked_at.print(out);
    std::fputs("  and the other one here:\n", out);
    order.second_locked_at.print(out);
}

/// Prints both sides of the contradiction, and aborts unless it is only to report.
PARKING_LOT_COLD inline void report_inversion(const LockOrdering& order, const LockCycle& cycle,
                                              bool only_report) noexcept {
    std::fputs("parking_lot: lock-order inversion (", stderr);
    order.second.print(stderr);
    std::fputs(").\nThreads that do this at the same time can wait for each other for ever.\nNow, ",
               stderr);
    print_order(stderr, order, "locks");
    const std::size_t shown = (std::min)(cycle.length, cycle.orders.size());
    for (std::size_t i = 0; i < shown; ++i) {
        std::fputs(i == 0 ? "Before, " : "And ", stderr);
        print_order(stderr, cycle.orders[i], "locked");
    }
    if (cycle.length > shown) {
        std::fprintf(stderr, "And so on: %zu more orders.\n", cycle.length - shown);
    }
    std::fflush(stderr);
    if (!only_report) std::abort();
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif  // PARKING_LOT_CHECKED
