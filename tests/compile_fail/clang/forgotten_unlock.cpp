// SPDX-License-Identifier: MIT
// A raw lock is left locked.
// expect: mutex 'lock' is still held at the end of function
#include "parking_lot/parking_lot.hpp"

void use(parking_lot::RawMutex& lock) {
    lock.lock();
#if !defined(MUST_FAIL)
    lock.unlock();
#endif
}
