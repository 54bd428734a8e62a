// SPDX-License-Identifier: MIT
// The mutexes that programs use.
#include "fuzz/locks.hpp"

namespace parking_lot::fuzz {

template class LockSubject<BasicMutex<tested::RawMutex, Data>>;
template class LockSubject<BasicMutex<tested::RawReentrantMutex, Data>>;
template class LockSubject<BasicMutex<tested::RawMeteredMutex, Data>>;
#if !PARKING_LOT_FUZZ_FEW_TYPES
template class LockSubject<BasicMutex<tested::RawFairMutex, Data>>;
template class LockSubject<BasicMutex<tested::RawByteMutex, Data>>;
#endif

}  // namespace parking_lot::fuzz
