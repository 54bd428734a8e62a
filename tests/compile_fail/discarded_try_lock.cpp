// SPDX-License-Identifier: MIT
// Whoever ignores the outcome of try_lock does not know whether the lock is held.
// expect: unused-result|nodiscard
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    if (numbers.raw().try_lock()) numbers.raw().unlock();
#else
    numbers.raw().try_lock();
#endif
}
