// SPDX-License-Identifier: MIT
// Ways to lock two locks in one order or the other, for the tests of lock orders.
#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "parking_lot/parking_lot.hpp"

namespace parking_lot::test {

using Exclusive = detail::ExclusiveMode;
using Shared = detail::SharedMode;
using Upgradable = detail::UpgradableMode;

/// Runs each function in a thread of its own, one after the other: no deadlock, but the same order
/// of locks as if they had run at once.
template <class... Functions>
void one_by_one(Functions&&... functions) {
    (std::thread{functions}.join(), ...);
}

/// A raw lock and the mode to lock it in.
template <class RawLock, class LockMode>
struct Way {
    using Raw = RawLock;
    using Mode = LockMode;

    Way(Raw& first_lock, Raw& second_lock) noexcept : first{first_lock}, second{second_lock} {}

    /// Locks both, and unlocks both.
    static void lock_in_order(Raw& outer, Raw& inner) {
        Mode::lock(outer);
        Mode::lock(inner);
        Mode::unlock(inner);
        Mode::unlock(outer);
    }

    Raw& first;
    Raw& second;
};

using Ways = ::testing::Types<
    Way<RawMutex, Exclusive>, Way<RawFairWordMutex, Exclusive>, Way<RawReentrantMutex, Exclusive>,
    Way<RawRwLock, Exclusive>, Way<RawRwLock, Shared>, Way<RawRwLock, Upgradable>,
    Way<RawWriterPreferringRwLock, Exclusive>, Way<RawReaderPreferringRwLock, Upgradable>>;

}  // namespace parking_lot::test
