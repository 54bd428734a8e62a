// SPDX-License-Identifier: MIT
// A plain reader cannot become the writer: two who tried would wait for each other.
// expect: constraints not satisfied|no matching function|invalid reference to function
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::RwLock<std::vector<int>>;

void use(Numbers& lock) {
#if !defined(MUST_FAIL)
    const auto writer = lock.upgradable_read().upgrade();
#else
    const auto writer = lock.read().upgrade();
#endif
}
