// SPDX-License-Identifier: MIT
// The raw locks that typed tests run over, and what they have in common.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <type_traits>

#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/std_backend.hpp"
#include "support/threads.hpp"

// std::mutex of mingw-w64 is not constant-initialized, and a lock over it cannot be.
#if defined(__MINGW32__)
#define CONSTINIT_IF_STD_IS
#else
#define CONSTINIT_IF_STD_IS constinit
#endif

namespace parking_lot::test {

/// A user's own raw lock with no more than a raw lock must have.
class SpinLock {
  public:
    void lock() {
        while (!try_lock()) std::this_thread::yield();
    }
    [[nodiscard]] bool try_lock() { return !locked_.exchange(true, std::memory_order_acquire); }
    void unlock() { locked_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> locked_{false};
};

/// Whether waiting threads park, so that a test can see them and knows whom they hand over to.
template <class Raw>
inline constexpr bool kParks = false;
template <class Policy, class Word>
inline constexpr bool kParks<BasicRawMutex<Policy, Word>> = true;

/// Returns once `count` threads wait for `raw`; at once for a lock whose waiters cannot be seen:
/// use it where that changes what is tested, but not the outcome.
template <class Raw>
void wait_for_waiters(const Raw& raw, std::size_t count) {
    if constexpr (kParks<Raw>) wait_for_parked(&raw, count);
}

using ParkingLocks = ::testing::Types<RawMutex, RawWordMutex, RawFairMutex, RawFairWordMutex>;
using RawLocks =
    ::testing::Types<RawMutex, RawWordMutex, RawFairMutex, RawFairWordMutex, RawStdMutex>;
using RawLocksAndUsers =
    ::testing::Types<RawMutex, RawWordMutex, RawFairMutex, RawFairWordMutex, RawStdMutex, SpinLock>;

/// Names the instances of a typed suite after their lock.
struct LockNames {
    template <class Raw>
    static std::string GetName(int) {
        if constexpr (std::is_same_v<Raw, RawMutex>) return "RawMutex";
        if constexpr (std::is_same_v<Raw, RawWordMutex>) return "RawWordMutex";
        if constexpr (std::is_same_v<Raw, RawFairMutex>) return "RawFairMutex";
        if constexpr (std::is_same_v<Raw, RawFairWordMutex>) return "RawFairWordMutex";
        if constexpr (std::is_same_v<Raw, RawStdMutex>) return "RawStdMutex";
        return "SpinLock";
    }
};

}  // namespace parking_lot::test
