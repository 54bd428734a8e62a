// SPDX-License-Identifier: MIT
// A reference taken through a temporary guard would outlive the lock; a call on it does not.
// expect: use of deleted function|overload resolution selected deleted operator
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    numbers.lock()->push_back(1);
    const auto guard = numbers.lock();
    guard->push_back(static_cast<int>((*guard).size()));
#else
    auto& dangling = *numbers.lock();
    dangling.push_back(1);
#endif
}
