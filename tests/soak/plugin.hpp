// SPDX-License-Identifier: MIT
// What a plugin of the soak exports.
#pragma once

#include <cstdint>

#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"

namespace parking_lot::soak {

/// A number and the locks that protect it, which the executable and its plugins use.
struct Shared {
    RawMutex mutex;
    RawRwLock rwlock;
    std::uint64_t by_mutex = 0;
    std::uint64_t by_rwlock = 0;
};

/// Increments both numbers `rounds` times. Of the module that calls it: hence static.
[[maybe_unused]] static void count_up(Shared& shared, unsigned rounds) {
    for (unsigned i = 0; i < rounds; ++i) {
        shared.mutex.lock();
        ++shared.by_mutex;
        shared.mutex.unlock();
        shared.rwlock.lock();
        ++shared.by_rwlock;
        shared.rwlock.unlock();
    }
}

using CountUp = void (*)(Shared& shared, unsigned rounds);

}  // namespace parking_lot::soak
