// SPDX-License-Identifier: MIT
// Compiled with one set of switches.
#include "counter.hpp"

void count_up(Counter& counter) {
    counter.value.with_lock([](int& value) { ++value; });
}
