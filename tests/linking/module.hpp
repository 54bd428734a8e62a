// SPDX-License-Identifier: MIT
// kThisModule: the Module of whoever includes this. All static: a plugin must not get the
// executable's functions.
#pragma once

#include <mutex>
#include <new>

#include "interface.hpp"
#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#include "parking_lot/raw_mutex.hpp"

#if PARKING_LOT_CHECKED
#include "parking_lot/deadlock.hpp"
#endif

namespace {

parking_lot::RawMutex& mutex_at(void* lock) { return *static_cast<parking_lot::RawMutex*>(lock); }

parking_lot::metered::RawRwLock& metered_at(void* lock) {
    return *static_cast<parking_lot::metered::RawRwLock*>(lock);
}

std::uint64_t metered_acquisitions(parking_lot::metrics::Mode mode) {
    std::uint64_t count = 0;
    for (const parking_lot::metrics::Series& series : parking_lot::metrics::snapshot()) {
        if (series.mode == mode) count += series.acquisitions;
    }
    return count;
}

struct CountAtThreadEnd {
    void* lock = nullptr;
    long* counter = nullptr;
    ~CountAtThreadEnd() {
        const std::lock_guard guard{mutex_at(lock)};
        ++*counter;
    }
};

constexpr Module kThisModule{
    .table = []() -> const void* { return &parking_lot::detail::table(); },
    .epoch = [] { return parking_lot::detail::this_module.epoch.load(); },
    .make = [](void* lock) { ::new (lock) parking_lot::RawMutex; },
    .lock = [](void* lock) { mutex_at(lock).lock(); },
    .unlock = [](void* lock) { mutex_at(lock).unlock(); },
    .count_up =
        [](void* lock, long* counter, int rounds) {
            for (int i = 0; i < rounds; ++i) {
                mutex_at(lock).lock();
                ++*counter;
                mutex_at(lock).unlock();
            }
        },
    .parked_at =
        [](const void* lock) {
            std::size_t count = 0;
            parking_lot::core::for_each_parked(
                [&](const void* address, parking_lot::core::ParkToken) noexcept {
                    if (address == lock) ++count;
                });
            return count;
        },
    .registry = []() -> const void* { return &parking_lot::detail::meter_registry(); },
    .make_metered = []() -> void* { return new parking_lot::metered::RawRwLock{"linking"}; },
    .use_metered =
        [](void* lock, int rounds) {
            for (int i = 0; i < rounds; ++i) {
                metered_at(lock).lock_shared();
                metered_at(lock).unlock_shared();
                metered_at(lock).lock();
                metered_at(lock).unlock();
            }
        },
    .delete_metered = [](void* lock) { delete &metered_at(lock); },
    .metered_reads = [] { return metered_acquisitions(parking_lot::metrics::Mode::Read); },
    .metered_writes = [] { return metered_acquisitions(parking_lot::metrics::Mode::Write); },
    .count_at_thread_end =
        [](void* lock, long* counter) {
            thread_local CountAtThreadEnd object;
            object.lock = lock;
            object.counter = counter;
        },
#if PARKING_LOT_CHECKED
    .report_deadlocks = [](std::FILE* out) { return parking_lot::report_deadlocks(out); },
#endif
};

}  // namespace
