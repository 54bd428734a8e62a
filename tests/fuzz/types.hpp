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
using RawFairMutex = DefaultRawFairMutex;
#if PARKING_LOT_USE_STD
using RawByteMutex = DefaultRawMutex;
#else
using RawByteMutex = parking_lot::RawMutex;
#endif
using RawReentrantMutex = DefaultRawReentrantMutex;
using RawMeteredMutex = metered::RawMutex;
using RawReaderPreferring = DefaultRawReaderPreferringRwLock;
using RawWriterPreferring = DefaultRawWriterPreferringRwLock;
using RawMeteredRwLock = metered::RawRwLock;

}  // namespace parking_lot::fuzz::tested
