// SPDX-License-Identifier: MIT
// An executable that uses locks beside an LD_AUDIT library that does.
#include <thread>

#include "parking_lot/raw_mutex.hpp"

int main() {
    static constinit parking_lot::RawMutex mutex;
    mutex.lock();
    std::thread waiting{[]() {
        mutex.lock();
        mutex.unlock();
    }};
    mutex.unlock();
    waiting.join();
}
