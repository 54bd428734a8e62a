// SPDX-License-Identifier: MIT
// A function must not return the guard of its own variable.
// expect: address of stack memory associated with local variable
#include "parking_lot/parking_lot.hpp"

auto use(parking_lot::Mutex<int>& numbers) {
#if !defined(MUST_FAIL)
    return numbers.try_lock();
#else
    parking_lot::Mutex<int> copy{*numbers.lock().operator->()};
    return copy.try_lock();
#endif
}
