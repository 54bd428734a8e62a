// SPDX-License-Identifier: MIT
// The raw onces that typed tests run over, and seeing the threads that wait for one.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <type_traits>

#include "parking_lot/once.hpp"
#include "parking_lot/raw_once.hpp"
#include "parking_lot/std_once.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {

/// Whether waiting threads park, so that a test can see them.
template <class Waitable>
inline constexpr bool kWaitersAreSeen =
    !std::is_same_v<Waitable, RawStdOnce> && !PARKING_LOT_USE_STD;
template <>
inline constexpr bool kWaitersAreSeen<RawOnce> = true;

/// Returns once `count` threads wait for `once`; at once where they cannot be seen: use it where
/// that changes what is tested, but not the outcome.
template <class Waitable>
void wait_for_waiters(const Waitable& once, std::size_t count) {
    if constexpr (kWaitersAreSeen<Waitable>) wait_for_parked(&once, count);
}

using RawOnces = ::testing::Types<RawOnce, RawStdOnce>;

/// Names the instances of a typed suite after their once.
struct OnceNames {
    template <class Raw>
    static std::string GetName(int) {
        return std::is_same_v<Raw, RawOnce> ? "RawOnce" : "RawStdOnce";
    }
};

}  // namespace parking_lot::test
