// SPDX-License-Identifier: MIT
// A const mutex gives read access only.
// expect: discards qualifiers|drops .?const.? qualifier|not marked const
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    const Numbers& shared = numbers;
    (void)shared.lock()->size();
#else
    const Numbers& shared = numbers;
    shared.lock()->push_back(1);
#endif
}
