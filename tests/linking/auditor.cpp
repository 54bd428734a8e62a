// SPDX-License-Identifier: MIT
// A library for LD_AUDIT, which the loader puts into a namespace of its own before it has set up
// the executable's.
#include "parking_lot/raw_mutex.hpp"

extern "C" [[gnu::visibility("default")]] unsigned la_version(unsigned version) {
    static constinit parking_lot::RawMutex mutex;
    mutex.lock();
    mutex.unlock();
    return version;
}
