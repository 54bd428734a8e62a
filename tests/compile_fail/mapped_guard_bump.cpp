// SPDX-License-Identifier: MIT
// A mapped guard cannot relock, so neither can it bump.
// expect: constraints not satisfied|no matching function|invalid reference to function
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    auto guard = numbers.lock();
    guard.bump();
#else
    auto element = numbers.lock().map([](std::vector<int>& all) -> int& { return all.front(); });
    element.bump();
#endif
}
