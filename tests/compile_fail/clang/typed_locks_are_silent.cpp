// SPDX-License-Identifier: MIT
// Nothing is reported in the library's own headers, nor of the standard's guards.
// expect: is still held at the end of function
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "parking_lot/parking_lot.hpp"

using namespace std::chrono_literals;

int typed(parking_lot::Mutex<int>& mutex, parking_lot::RwLock<int>& rwlock) {
    if (const auto guard = mutex.try_lock_for(1s)) return **guard;
    if (const auto guard = mutex.try_lock_until(std::chrono::system_clock::now())) return **guard;
    const auto [number, writer] = parking_lot::lock_all(mutex, rwlock.write_mode());
    auto reader = rwlock.upgradable_read();
    const int result = reader.with_upgraded([](int& value) { return ++value; });
    const auto last = std::move(reader).upgrade().downgrade_to_upgradable().downgrade();
    return result + *number + *last;
}

void standard(parking_lot::RawMutex& mutex, parking_lot::RawRwLock& rwlock) {
    const std::scoped_lock both{mutex, rwlock};
    std::unique_lock one{mutex, std::try_to_lock};
    std::shared_lock reader{rwlock, 1s};
    parking_lot::Condvar{}.wait(one);
#if defined(MUST_FAIL)
    mutex.lock();
#endif
}
