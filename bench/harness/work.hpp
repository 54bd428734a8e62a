// SPDX-License-Identifier: MIT
// The unit of work inside and outside of critical sections.
#pragma once

#include <cstdint>

namespace bench {

/// `units` dependent multiply-adds, about a nanosecond each.
inline std::uint64_t work(std::uint64_t value, unsigned units) noexcept {
    for (unsigned i = 0; i < units; ++i) {
        value = value * 6364136223846793005u + 1442695040888963407u;
        // Keeps the compiler from folding several steps into one.
        asm volatile("" : "+r"(value));
    }
    return value;
}

}  // namespace bench
