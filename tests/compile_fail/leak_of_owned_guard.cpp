// SPDX-License-Identifier: MIT
// To leak an owning guard would leak its share of the mutex, too.
// expect: constraints not satisfied|no matching function|invalid reference to function
#include <memory>
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    numbers.lock().leak().clear();
#else
    parking_lot::lock_owned(std::make_shared<Numbers>()).leak().clear();
#endif
}
