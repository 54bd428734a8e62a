// SPDX-License-Identifier: MIT
// What a consumer writes. Prints which locks it got, and ends with 0 if they work.
#include <parking_lot/parking_lot.hpp>

#include <cstdio>

int main() {
    parking_lot::Mutex<int> number{41};
    number.with_lock([](int& value) { ++value; });
    std::puts(PARKING_LOT_USE_STD ? "over std::mutex" : "over parking_lot");
    // Our warnings as errors would reject this line: consumers must not get them.
    int unused = (int)sizeof(number);
    return *number.lock().operator->() == 42 ? 0 : 1;
}
