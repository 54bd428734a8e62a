// SPDX-License-Identifier: MIT
// The types that programs use. With PARKING_LOT_FUZZ_FAULTS, those that can be made to misbehave.
#pragma once

#include "parking_lot/condvar.hpp"
#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/latch.hpp"
#include "parking_lot/lazy.hpp"
#include "parking_lot/metered.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/once.hpp"
#include "parking_lot/once_cell.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "parking_lot/rwlock.hpp"
#include "parking_lot/semaphore.hpp"

#if PARKING_LOT_FUZZ_FAULTS
#include "fuzz/faults.hpp"
#endif

/// Whether some of these are the same type.
#if PARKING_LOT_USE_STD || PARKING_LOT_FUZZ_FAULTS
#define PARKING_LOT_FUZZ_FEW_TYPES 1
#else
#define PARKING_LOT_FUZZ_FEW_TYPES 0
#endif

namespace parking_lot::fuzz::tested {

#if PARKING_LOT_FUZZ_FAULTS
using RawMutex = FaultyMutex<DefaultRawMutex>;
using RawRwLock = FaultyRwLock<DefaultRawRwLock>;
using Condvar = FaultyCondvar;
using Semaphore = FaultySemaphore;
using Latch = FaultyLatch;
using Once = FaultyOnce;
using OnceCell = FaultyOnceCell;
#else
using RawMutex = DefaultRawMutex;
using RawRwLock = DefaultRawRwLock;
using parking_lot::Condvar, parking_lot::Latch, parking_lot::Once, parking_lot::Semaphore;
using OnceCell = parking_lot::OnceCell<long>;
#endif

#if PARKING_LOT_FUZZ_FEW_TYPES
using RawFairMutex = RawMutex;
using RawByteMutex = RawMutex;
using RawReaderPreferring = RawRwLock;
using RawWriterPreferring = RawRwLock;
#else
using RawFairMutex = DefaultRawFairMutex;
using RawByteMutex = parking_lot::RawMutex;
using RawReaderPreferring = DefaultRawReaderPreferringRwLock;
using RawWriterPreferring = DefaultRawWriterPreferringRwLock;
#endif
using RawReentrantMutex = DefaultRawReentrantMutex;
using RawMeteredMutex = metered::RawMutex;
using RawMeteredRwLock = metered::RawRwLock;

}  // namespace parking_lot::fuzz::tested
