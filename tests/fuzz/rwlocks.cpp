// SPDX-License-Identifier: MIT
// The RwLocks that programs use.
#include "fuzz/locks.hpp"

namespace parking_lot::fuzz {

template class LockSubject<BasicRwLock<tested::RawRwLock, Data>>;
#if !PARKING_LOT_FUZZ_FEW_TYPES
template class LockSubject<BasicRwLock<tested::RawReaderPreferring, Data>>;
template class LockSubject<BasicRwLock<tested::RawWriterPreferring, Data>>;
#endif
template class LockSubject<BasicRwLock<tested::RawMeteredRwLock, Data>>;

}  // namespace parking_lot::fuzz
