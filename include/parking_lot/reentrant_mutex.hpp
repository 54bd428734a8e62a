// SPDX-License-Identifier: MIT
// ReentrantMutex: Mutex<T> that its owner may lock again, and so gives const access only.
#pragma once

#include <memory>

#include "parking_lot/mutex.hpp"
#include "parking_lot/raw_reentrant_mutex.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

using DefaultRawReentrantMutex = BasicRawReentrantMutex<DefaultRawMutex>;

/// A mutex that the thread which holds it may lock again: for code that calls back into itself,
/// such as a logger whose arguments log. The default choice is Mutex<T>.
///
/// ~~~
/// parking_lot::ReentrantMutex<Registry> registry;
/// auto outer = registry.lock();
/// auto inner = registry.lock();   // does not wait; unlocked when both guards are gone
/// ~~~
///
/// Since two guards of one thread may be alive at a time, guards give access to `const T`: what
/// changes under the lock is a `mutable` member, or is reached through a pointer, and T's const
/// functions see to it that no one else is in the middle of using it. get_mut() gives the only
/// owner full access.
///
/// A guard must be released by the thread that locked. unlocked() leaves one level, so other
/// threads get the lock only if that was the last; bump() does nothing at deeper levels. 16 bytes
/// beside the data, on 64-bit machines. With PARKING_LOT_USE_STD the same over std::mutex.
template <class T>
using ReentrantMutex = BasicMutex<DefaultRawReentrantMutex, T>;

/// What ReentrantMutex<T>::lock() returns.
template <class T>
using ReentrantMutexGuard = BasicMutexGuard<DefaultRawReentrantMutex, const T>;

/// What ReentrantMutexGuard::map() returns.
template <class T>
using MappedReentrantMutexGuard = Guard<DefaultRawReentrantMutex*, detail::ExclusiveMode, const T>;

/// What lock_owned() returns for a ReentrantMutex.
template <class T>
using OwnedReentrantMutexGuard = BasicOwnedMutexGuard<DefaultRawReentrantMutex, const T>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
