// SPDX-License-Identifier: MIT
// A timed raw lock whose outcome is ignored may not be locked.
// expect: unused-result|nodiscard
#include <chrono>

#include "parking_lot/parking_lot.hpp"

using namespace std::chrono_literals;

void use(parking_lot::RawMutex& lock) {
#if !defined(MUST_FAIL)
    (void)lock.try_lock_for(1ms);
#else
    lock.try_lock_for(1ms);
#endif
}
