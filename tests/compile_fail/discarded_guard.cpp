// SPDX-License-Identifier: MIT
// An ignored guard unlocks at once.
// expect: unused-result|nodiscard
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    const auto guard = numbers.lock();
#else
    numbers.lock();
#endif
}
