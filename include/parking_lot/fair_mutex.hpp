// SPDX-License-Identifier: MIT
// FairMutex: Mutex<T> whose waiting threads get the lock in the order in which they came.
#pragma once

#include "parking_lot/mutex.hpp"

#if !PARKING_LOT_USE_STD
#include "parking_lot/raw_fair_mutex.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

#if PARKING_LOT_USE_STD
using DefaultRawFairMutex = RawStdMutex;
#else
using DefaultRawFairMutex = RawFairWordMutex;
#endif

/// First come, first served. Everything else as Mutex<T>. With PARKING_LOT_USE_STD an ordinary
/// std::mutex: the standard library has no fair one.
template <class T>
using FairMutex = BasicMutex<DefaultRawFairMutex, T>;

/// What FairMutex<T>::lock() returns.
template <class T>
using FairMutexGuard = BasicMutexGuard<DefaultRawFairMutex, T>;

/// What FairMutexGuard::map() returns.
template <class T>
using MappedFairMutexGuard = Guard<DefaultRawFairMutex*, detail::ExclusiveMode, T>;

/// What lock_owned() returns for a FairMutex.
template <class T>
using OwnedFairMutexGuard = BasicOwnedMutexGuard<DefaultRawFairMutex, T>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
