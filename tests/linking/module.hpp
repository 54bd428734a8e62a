// SPDX-License-Identifier: MIT
// kThisModule: the Module of whoever includes this. All static: a plugin must not get the
// executable's functions.
#pragma once

#include <new>

#include "interface.hpp"
#include "parking_lot/raw_mutex.hpp"

namespace {

parking_lot::RawMutex& mutex_at(void* lock) { return *static_cast<parking_lot::RawMutex*>(lock); }

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
};

}  // namespace
