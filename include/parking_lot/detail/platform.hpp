// SPDX-License-Identifier: MIT
// Selects the platform: how to sleep on a word, and the asymmetric fence. No #if above this.
#pragma once

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/cpu_relax.hpp"

#if defined(__linux__) && !PARKING_LOT_GENERIC_PLATFORM
#include "parking_lot/detail/platform/linux_futex.hpp"
#elif defined(_WIN32) && !PARKING_LOT_GENERIC_PLATFORM
#include "parking_lot/detail/platform/windows_wait.hpp"
#else
#include "parking_lot/detail/platform/generic.hpp"
#endif

#if defined(__linux__)
#include "parking_lot/detail/platform/membarrier.hpp"
#elif defined(_WIN32)
#include "parking_lot/detail/platform/windows_fence.hpp"
#else
#include "parking_lot/detail/platform/no_membarrier.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

#if defined(__linux__) && !PARKING_LOT_GENERIC_PLATFORM
using Sleeping = LinuxFutex;
#elif defined(_WIN32) && !PARKING_LOT_GENERIC_PLATFORM
using Sleeping = WindowsWait;
#else
using Sleeping = Generic;
#endif

#if defined(__linux__)
using AsymmetricFence = Membarrier;
#elif defined(_WIN32)
using AsymmetricFence = WindowsFence;
#else
using AsymmetricFence = NoMembarrier;
#endif

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
