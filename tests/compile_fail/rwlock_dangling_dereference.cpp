// SPDX-License-Identifier: MIT
// A reference taken through a temporary read guard would outlive the lock.
// expect: use of deleted function|overload resolution selected deleted operator
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::RwLock<std::vector<int>>;

void use(Numbers& lock) {
#if !defined(MUST_FAIL)
    (void)lock.read()->size();
    const auto guard = lock.read();
    (void)(*guard).size();
#else
    const auto& dangling = *lock.read();
    (void)dangling.size();
#endif
}
