// SPDX-License-Identifier: MIT
// Compiled with the same switches as count_up.cpp, or with others: then the two must not link.
#include "counter.hpp"

int main() {
    Counter counter;
    count_up(counter);
    return counter.value.with_lock([](int& value) { return value == 1 ? 0 : 1; });
}
