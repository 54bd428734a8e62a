// SPDX-License-Identifier: MIT
// Other threads hold a mutex by its address, so it cannot be copied.
// expect: use of deleted function|call to deleted constructor
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    const Numbers other{numbers.lock()->size() > 0 ? std::vector{1} : std::vector<int>{}};
    (void)other.is_locked();
#else
    const Numbers other{numbers};
    (void)other.is_locked();
#endif
}
