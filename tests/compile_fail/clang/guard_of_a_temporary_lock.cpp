// SPDX-License-Identifier: MIT
// A guard must not outlive its lock.
// expect: temporary whose address is used as value of local variable
#include "parking_lot/parking_lot.hpp"

int use(const parking_lot::RwLock<int>& rwlock) {
#if !defined(MUST_FAIL)
    const auto reader = rwlock.read();
#else
    const auto reader = parking_lot::RwLock<int>{1}.read();
#endif
    return *reader;
}
