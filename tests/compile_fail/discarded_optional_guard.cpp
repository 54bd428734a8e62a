// SPDX-License-Identifier: MIT
// An ignored optional guard unlocks at once.
// expect: unused-result|nodiscard
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    if (const auto guard = numbers.try_lock()) (*guard)->clear();
#else
    numbers.try_lock();
#endif
}
