// SPDX-License-Identifier: MIT
// Two guards cannot hold one lock.
// expect: use of deleted function|call to implicitly-deleted copy constructor|call to deleted
// constructor
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    auto guard = numbers.lock();
    const auto moved = std::move(guard);
#else
    auto guard = numbers.lock();
    const auto copy = guard;
#endif
}
