// SPDX-License-Identifier: MIT
// try_lock_for needs a raw lock that can give up.
// expect: constraints not satisfied|no matching function|no matching member function
#include <chrono>
#include <mutex>
#include <vector>

#include "parking_lot/parking_lot.hpp"

using Numbers = parking_lot::Mutex<std::vector<int>>;

void use(Numbers& numbers) {
#if !defined(MUST_FAIL)
    if (const auto guard = numbers.try_lock_for(std::chrono::milliseconds{1})) (*guard)->clear();
#else
    parking_lot::BasicMutex<std::mutex, int> plain;
    if (const auto guard = plain.try_lock_for(std::chrono::milliseconds{1}))
        numbers.get_mut().clear();
#endif
}
