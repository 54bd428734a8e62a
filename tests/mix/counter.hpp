// SPDX-License-Identifier: MIT
// A lock that two translation units share without a symbol that shows its type.
#pragma once

#include "parking_lot/mutex.hpp"

struct Counter {
    parking_lot::Mutex<int> value{0};
};

void count_up(Counter& counter);
