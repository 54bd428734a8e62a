// SPDX-License-Identifier: MIT
// Readers, upgradable ones too, may not change the data.
// expect: discards qualifiers|not marked const
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::RwLock<std::vector<int>>;

void use(Numbers& lock) {
#if !defined(MUST_FAIL)
    lock.write()->push_back(1);
#else
    lock.upgradable_read()->push_back(1);
#endif
}
