// SPDX-License-Identifier: MIT
// A value that may not have been put there.
// expect: unused-result|nodiscard
#include <chrono>

#include "parking_lot/parking_lot.hpp"

using namespace std::chrono_literals;

void use(parking_lot::OnceCell<int>& cell) {
#if !defined(MUST_FAIL)
    (void)cell.set(1);
#else
    cell.set(1);
#endif
}
