// SPDX-License-Identifier: MIT
// map() consumes the guard, so it wants one that is moved.
// expect: discards qualifiers|passing .* as .this. argument|expects an rvalue
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    auto guard = numbers.lock();
    const auto element =
        std::move(guard).map([](std::vector<int>& all) -> int& { return all.front(); });
#else
    auto guard = numbers.lock();
    const auto element = guard.map([](std::vector<int>& all) -> int& { return all.front(); });
#endif
}
