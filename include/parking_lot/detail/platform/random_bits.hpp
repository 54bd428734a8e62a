// SPDX-License-Identifier: MIT
// random_bits: what differs from process to process and cannot be foreseen from outside.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__linux__)
#include <sys/auxv.h>

#include <cstring>
#endif

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// Bits for the seed of a hash function; for nothing that must stay secret for long. From the 16
/// random bytes that Linux hands to each program, without a system call; elsewhere from the time
/// and from where the loader has put `object`. The C library takes the secrets of the stack
/// protector and of its guarded pointers from the same bytes, one from each half; the halves
/// combined tell neither, but to one who knows the other.
[[nodiscard]] inline std::uint64_t random_bits([[maybe_unused]] const void* object) noexcept {
#if defined(__linux__)
    if (const auto* const bytes = reinterpret_cast<const void*>(::getauxval(AT_RANDOM))) {
        std::uint64_t halves[2];
        std::memcpy(halves, bytes, sizeof(halves));
        return halves[0] ^ halves[1];
    }
#endif
    const auto time = std::chrono::high_resolution_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(time) ^
           std::uint64_t{reinterpret_cast<std::uintptr_t>(object)};
}

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
