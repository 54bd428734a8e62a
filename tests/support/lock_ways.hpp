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

/// A fixture with two locks.
template <class Fixture, class Way>
class TwoLocks : public Fixture {
  protected:
    void first_then_second() { Way::lock_in_order(first_, second_); }
    void second_then_first() { Way::lock_in_order(second_, first_); }

    /// Locks the second, then the first if `lock_first(first)` does.
    template <class LockFirst>
    void second_then_first_by(LockFirst&& lock_first) {
        using Mode = typename Way::Mode;
        Mode::lock(second_);
        if (lock_first(first_)) Mode::unlock(first_);
        Mode::unlock(second_);
    }

    typename Way::Raw first_;
    typename Way::Raw second_;
};

using Ways = ::testing::Types<
    Way<RawMutex, Exclusive>, Way<RawFairWordMutex, Exclusive>, Way<RawReentrantMutex, Exclusive>,
    Way<RawRwLock, Exclusive>, Way<RawRwLock, Shared>, Way<RawRwLock, Upgradable>,
    Way<RawWriterPreferringRwLock, Exclusive>, Way<RawReaderPreferringRwLock, Upgradable>>;

}  // namespace parking_lot::test
