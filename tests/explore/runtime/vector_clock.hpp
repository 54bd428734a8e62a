// SPDX-License-Identifier: MIT
// VectorClock: what a thread knows of the progress of all threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace explore {

/// The threads of a scenario are numbered from 0.
using ThreadIndex = std::size_t;
inline constexpr ThreadIndex kMaxThreads = 4;

/// Something that thread t did at time `at[t]` or earlier happens before whatever the owner of the
/// clock does next, in the sense of the C++ standard.
struct VectorClock {
    void join(const VectorClock& other) noexcept {
        for (ThreadIndex t = 0; t < kMaxThreads; ++t) at[t] = std::max(at[t], other.at[t]);
    }
    [[nodiscard]] bool knows(ThreadIndex thread, std::uint32_t time) const noexcept {
        return time <= at[thread];
    }

    std::array<std::uint32_t, kMaxThreads> at{};
};

}  // namespace explore
