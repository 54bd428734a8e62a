// SPDX-License-Identifier: MIT
// A const lock gives read access only.
// expect: discards qualifiers|not marked const|no matching
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::RwLock<std::vector<int>>;

void use(Numbers& lock) {
#if !defined(MUST_FAIL)
    const auto guard = std::as_const(lock).read();
#else
    const auto guard = std::as_const(lock).write();
#endif
}
