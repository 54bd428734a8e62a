// SPDX-License-Identifier: MIT
// A wait that may end for two reasons.
// expect: unused-result|nodiscard
#include <chrono>

#include "parking_lot/parking_lot.hpp"

using namespace std::chrono_literals;

void use(parking_lot::RawMutex& lock) {
#if !defined(MUST_FAIL)
    (void)parking_lot::Condvar{}.wait_for(lock, 1ms);
#else
    parking_lot::Condvar{}.wait_for(lock, 1ms);
#endif
}
