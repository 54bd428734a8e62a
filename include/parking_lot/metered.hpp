// SPDX-License-Identifier: MIT
// Metered locks: Mutex<T>, RwLock<T> and their like, which report under a name how they are used.
#pragma once

#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_metered.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "parking_lot/rwlock.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

/// The locks of the same names, metered. To use one, change the namespace and add a name:
///
/// ~~~
/// parking_lot::metered::Mutex<std::vector<int>> numbers{"numbers"};
/// parking_lot::metered::RwLock<Table> table{"table", read_table()};
/// …
/// parking_lot::metrics::print_top(std::cerr);
/// ~~~
///
/// The first argument of every constructor is a name, or Options; the others are those of the plain
/// lock. Locks of one name, and the same labels, are counted together; those of a lock that dies
/// stay counted. What is counted: metrics.hpp. How: RawMetered.
///
/// - An upgrade counts as an acquisition for writing, a downgrade as none: it never waits.
/// - Of a reentrant lock the outermost level counts.
/// - Failed attempts that do not wait count as nothing; so do waits whose deadline has passed, or
///   whose stop was requested, before they begin.
/// - A wait against a clock that can be set back may be counted in several parts.
/// - When a condition variable returns, that is an acquisition; contended, if the thread that was
///   woken still has to wait for the lock.
/// - When a thread that has waited for a condition (lock_when, await) goes on, that is an
///   acquisition. The wait itself is not one for the lock, and not measured.
/// - Holds are measured for every Nth acquisition of a lock in each mode; of its readers for one at
///   a time, until the same thread releases the lock, or for a minute.
///
/// With PARKING_LOT_USE_STD they meter the standard library's locks, which hand nothing over.
namespace metered {

using RawMutex = RawMetered<DefaultRawMutex>;
using RawFairMutex = RawMetered<DefaultRawFairMutex>;
using RawReentrantMutex = BasicRawReentrantMutex<RawMetered<DefaultRawMutex>>;
using RawRwLock = RawMetered<DefaultRawRwLock>;

template <class T>
using Mutex = BasicMutex<RawMutex, T>;
template <class T>
using FairMutex = BasicMutex<RawFairMutex, T>;
template <class T>
using ReentrantMutex = BasicMutex<RawReentrantMutex, T>;
template <class T>
using RwLock = BasicRwLock<RawRwLock, T>;
template <class T>
using ReaderPreferringRwLock = BasicRwLock<RawMetered<DefaultRawReaderPreferringRwLock>, T>;
template <class T>
using WriterPreferringRwLock = BasicRwLock<RawMetered<DefaultRawWriterPreferringRwLock>, T>;

// What they return.
template <class T>
using MutexGuard = BasicMutexGuard<RawMutex, T>;
template <class T>
using FairMutexGuard = BasicMutexGuard<RawFairMutex, T>;
template <class T>
using ReentrantMutexGuard = BasicMutexGuard<RawReentrantMutex, const T>;
template <class T>
using RwLockReadGuard = BasicRwLockReadGuard<RawRwLock, T>;
template <class T>
using RwLockWriteGuard = BasicRwLockWriteGuard<RawRwLock, T>;
template <class T>
using RwLockUpgradableReadGuard = BasicRwLockUpgradableReadGuard<RawRwLock, T>;

// What the guards' map() returns.
template <class T>
using MappedMutexGuard = Guard<RawMutex*, detail::ExclusiveMode, T>;
template <class T>
using MappedFairMutexGuard = Guard<RawFairMutex*, detail::ExclusiveMode, T>;
template <class T>
using MappedReentrantMutexGuard = Guard<RawReentrantMutex*, detail::ExclusiveMode, const T>;
template <class T>
using MappedRwLockReadGuard = Guard<RawRwLock*, detail::SharedMode, const T>;
template <class T>
using MappedRwLockWriteGuard = Guard<RawRwLock*, detail::ExclusiveMode, T>;
template <class T>
using MappedRwLockUpgradableReadGuard = Guard<RawRwLock*, detail::UpgradableMode, const T>;

// What lock_owned() and its like return.
template <class T>
using OwnedMutexGuard = BasicOwnedMutexGuard<RawMutex, T>;
template <class T>
using OwnedFairMutexGuard = BasicOwnedMutexGuard<RawFairMutex, T>;
template <class T>
using OwnedReentrantMutexGuard = BasicOwnedMutexGuard<RawReentrantMutex, const T>;
template <class T>
using OwnedRwLockReadGuard = BasicOwnedRwLockReadGuard<RawRwLock, T>;
template <class T>
using OwnedRwLockWriteGuard = BasicOwnedRwLockWriteGuard<RawRwLock, T>;
template <class T>
using OwnedRwLockUpgradableReadGuard = BasicOwnedRwLockUpgradableReadGuard<RawRwLock, T>;

}  // namespace metered

}  // namespace parking_lot::inline PARKING_LOT_ABI
