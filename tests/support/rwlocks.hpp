// SPDX-License-Identifier: MIT
// The raw RwLocks that typed tests run over, and what they have in common.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <type_traits>

#include "parking_lot/raw_rwlock.hpp"
#include "parking_lot/std_rwlock_backend.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {

/// Whether waiting threads park, so that a test can see them and knows whom they hand over to.
template <class Raw>
inline constexpr bool kRwParks = false;
template <class Policy>
inline constexpr bool kRwParks<BasicRawRwLock<Policy>> = true;

/// Whether a reader passes waiting writers as long as there are readers.
template <class Raw>
inline constexpr bool kPrefersReaders = std::is_same_v<Raw, RawReaderPreferringRwLock>;

/// Returns once `count` threads wait for `raw`; at once for a lock whose waiters cannot be seen:
/// use it where that changes what is tested, but not the outcome.
template <class Raw>
void wait_for_rw_waiters(const Raw& raw, std::size_t count) {
    if constexpr (kRwParks<Raw>) wait_for_parked(&raw, count);
}

using ParkingRwLocks =
    ::testing::Types<RawRwLock, RawReaderPreferringRwLock, RawWriterPreferringRwLock>;
// std::shared_mutex of mingw-w64 10 lets readers in beside a writer.
#if defined(__MINGW32__)
using RawRwLocks = ParkingRwLocks;
#else
using RawRwLocks =
    ::testing::Types<RawRwLock, RawReaderPreferringRwLock, RawWriterPreferringRwLock, RawStdRwLock>;
#endif

/// Names the instances of a typed suite after their lock.
struct RwLockNames {
    template <class Raw>
    static std::string GetName(int) {
        if constexpr (std::is_same_v<Raw, RawRwLock>) return "RawRwLock";
        if constexpr (std::is_same_v<Raw, RawReaderPreferringRwLock>) return "ReaderPreferring";
        if constexpr (std::is_same_v<Raw, RawWriterPreferringRwLock>) return "WriterPreferring";
        return "RawStdRwLock";
    }
};

/// No test may leave a waiter behind.
class RwLockTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_EQ(parked_anywhere(), 0u); }
};

}  // namespace parking_lot::test
