// SPDX-License-Identifier: MIT
// A try of an RwLock whose outcome is ignored.
// expect: unused-result|nodiscard
#include <chrono>

#include "parking_lot/parking_lot.hpp"

using namespace std::chrono_literals;

void use(parking_lot::RwLock<int>& lock) {
#if !defined(MUST_FAIL)
    (void)lock.try_write();
#else
    lock.try_write();
#endif
}
