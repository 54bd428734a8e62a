// SPDX-License-Identifier: MIT
// A mapped guard cannot relock: what it refers to may be gone by then.
// expect: constraints not satisfied|no matching function|no matching member function
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    auto guard = numbers.lock();
    guard.unlocked([]() {});
#else
    auto element = numbers.lock().map([](std::vector<int>& all) -> int& { return all.front(); });
    element.unlocked([]() {});
#endif
}
