// SPDX-License-Identifier: MIT
// A raw RwLock is unlocked from another mode than it was locked in.
// expect: releasing mutex 'lock' using exclusive access, expected shared
#include "parking_lot/parking_lot.hpp"

void use(parking_lot::RawWriterPreferringRwLock& lock) {
    lock.lock_shared();
#if defined(MUST_FAIL)
    lock.unlock();
#else
    lock.unlock_shared();
#endif
}
