// SPDX-License-Identifier: MIT
// lock_all has to be told in which mode to lock an RwLock.
// expect: constraints not satisfied|no matching function
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::RwLock<std::vector<int>>;

void use(Numbers& lock) {
#if !defined(MUST_FAIL)
    const auto guards = parking_lot::lock_all(lock.read_mode());
#else
    const auto guards = parking_lot::lock_all(lock);
#endif
}
