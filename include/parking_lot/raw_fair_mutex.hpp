// SPDX-License-Identifier: MIT
// RawFairMutex: RawMutex whose every unlock hands the lock to the thread that waited longest.
#pragma once

#include "parking_lot/raw_mutex.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

/// First come, first served among the threads that wait: the lock under FairMutex<T>.
///
/// Use it where each thread must get its turn in order; every contended unlock costs a switch to
/// another thread, which RawMutex avoids most of the time. A thread that arrives in the instant the
/// lock is free takes it.
/// RawFairMutex is one byte, RawFairWordMutex the same in four.
using RawFairMutex = BasicRawMutex<policy::Fifo>;
using RawFairWordMutex = BasicRawMutex<policy::Fifo, std::uint32_t>;

static_assert(PARKING_LOT_CHECKED || (sizeof(RawFairMutex) == 1 && sizeof(RawFairWordMutex) == 4));

}  // namespace parking_lot::inline PARKING_LOT_ABI
