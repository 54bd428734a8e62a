// SPDX-License-Identifier: MIT
// The cheapest clock there is, for timing single lock operations.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

namespace bench {

using SteadyClock = std::chrono::steady_clock;

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(SteadyClock::now().time_since_epoch().count());
#endif
}

/// Measured once, against the steady clock, over 20 ms.
inline double nanoseconds_per_tick() {
    static const double ratio = [] {
        const auto time = SteadyClock::now();
        const std::uint64_t first = ticks();
        while (SteadyClock::now() - time < std::chrono::milliseconds{20}) {
        }
        const std::chrono::duration<double, std::nano> elapsed = SteadyClock::now() - time;
        return elapsed.count() / static_cast<double>(ticks() - first);
    }();
    return ratio;
}

}  // namespace bench
