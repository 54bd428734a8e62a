// SPDX-License-Identifier: MIT
// Ignored guards unlock at once.
// expect: unused-result|nodiscard
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    const auto guards = parking_lot::lock_all(numbers);
#else
    parking_lot::lock_all(numbers);
#endif
}
