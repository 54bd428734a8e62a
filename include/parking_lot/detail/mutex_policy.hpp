// SPDX-License-Identifier: MIT
// The policies of mutexes: who goes first, and how long to spin.
#pragma once

#include "parking_lot/detail/spin.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

/// How a mutex treats threads that arrive while others wait. The limits of spinning were chosen by
/// `compare --only contended` (bench/).
namespace policy {

/// Arrivals may overtake waiters (throughput), but every half a millisecond it is the waiters'
/// turn.
struct Barging {
    static constexpr const char* kName = "parking_lot::RawMutex";
    static constexpr bool kFifo = false;
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpin{.pauses = 4, .yields = 10};
    // Woken threads do without pauses: those who run have the better chance, so let them go on.
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpinWhenWoken{.pauses = 0,
                                                                            .yields = 10};
    static constexpr int kYieldsInQueue = 0;
};

/// Every unlock hands the lock to the thread that has waited longest. Threads queue at once, so the
/// order is that of arrival, and stay awake for some turns in the queue: a hand-off to a sleeping
/// thread takes several times as long.
struct Fifo {
    static constexpr const char* kName = "parking_lot::RawFairMutex";
    static constexpr bool kFifo = true;
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpin{.pauses = 0, .yields = 0};
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpinWhenWoken{.pauses = 0,
                                                                            .yields = 0};
    static constexpr int kYieldsInQueue = 30;
};

}  // namespace policy

}  // namespace parking_lot::inline PARKING_LOT_ABI
