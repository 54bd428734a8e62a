// SPDX-License-Identifier: MIT
// cpu_relax: tells the processor that this is a spin loop.
#pragma once

#include "parking_lot/detail/config.hpp"

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// One spin-wait hint: frees pipeline resources for the sibling hyper-thread, saves power, and
/// avoids the memory-order flush when the awaited store arrives.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    // isb stalls for roughly as long as x86's pause; yield is a no-op on most cores.
    asm volatile("isb" ::: "memory");
#elif defined(__arm__) && __ARM_ARCH >= 7
    asm volatile("yield" ::: "memory");
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
    _mm_pause();
#endif
}

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
