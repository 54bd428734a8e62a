// SPDX-License-Identifier: MIT
// The raw reentrant locks that typed tests run over, and asking another thread about one.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>

#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_reentrant_mutex.hpp"
#include "parking_lot/std_backend.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {

using ReentrantOverByte = BasicRawReentrantMutex<RawMutex>;
using ReentrantOverFair = BasicRawReentrantMutex<RawFairMutex>;
using ReentrantOverStd = BasicRawReentrantMutex<RawStdMutex>;

using RawReentrantLocks =
    ::testing::Types<ReentrantOverByte, RawReentrantMutex, ReentrantOverFair, ReentrantOverStd>;

/// Names the instances of a typed suite after the lock below.
struct ReentrantLockNames {
    template <class Raw>
    static std::string GetName(int) {
        if constexpr (std::is_same_v<Raw, ReentrantOverByte>) return "RawMutex";
        if constexpr (std::is_same_v<Raw, ReentrantOverFair>) return "RawFairMutex";
        if constexpr (std::is_same_v<Raw, ReentrantOverStd>) return "RawStdMutex";
        return "RawWordMutex";
    }
};

/// Whether another thread can lock `raw` now.
template <class Raw>
[[nodiscard]] bool is_free_for_others(Raw& raw) {
    bool locked = false;
    std::thread{[&]() {
        locked = raw.try_lock();
        if (locked) raw.unlock();
    }}.join();
    return locked;
}

/// Returns once `count` threads are parked; at once over a lock whose waiters cannot be seen: use
/// it where that changes what is tested, but not the outcome.
template <class Raw>
void wait_for_waiters_of(std::size_t count) {
    if constexpr (!std::is_same_v<Raw, ReentrantOverStd>) {
        wait_until([=]() { return parked_anywhere() >= count; });
    }
}

}  // namespace parking_lot::test
