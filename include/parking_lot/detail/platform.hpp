// SPDX-License-Identifier: MIT
// Selects the platform: how to sleep on a word, and the asymmetric fence. No #if above this.
#pragma once

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/cpu_relax.hpp"

#if PARKING_LOT_GENERIC_PLATFORM
#include "parking_lot/detail/platform/generic.hpp"
#define PARKING_LOT_SLEEPING Generic
#elif defined(__linux__)
#include "parking_lot/detail/platform/linux_futex.hpp"
#define PARKING_LOT_SLEEPING LinuxFutex
#elif defined(_WIN32)
#include "parking_lot/detail/platform/windows_wait.hpp"
#define PARKING_LOT_SLEEPING WindowsWait
#elif defined(__FreeBSD__)
#include "parking_lot/detail/platform/freebsd_umtx.hpp"
#define PARKING_LOT_SLEEPING FreebsdUmtx
#elif defined(__ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__) && \
    __ENVIRONMENT_MAC_OS_X_VERSION_MIN_REQUIRED__ >= 140400
#include "parking_lot/detail/platform/macos_sync.hpp"
#define PARKING_LOT_SLEEPING MacosSync
#elif defined(__EMSCRIPTEN_PTHREADS__)
#include "parking_lot/detail/platform/emscripten_futex.hpp"
#define PARKING_LOT_SLEEPING EmscriptenFutex
#else
#include "parking_lot/detail/platform/generic.hpp"
#define PARKING_LOT_SLEEPING Generic
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

using Sleeping = PARKING_LOT_SLEEPING;
#undef PARKING_LOT_SLEEPING

#if defined(__linux__)
using AsymmetricFence = Membarrier;
#elif defined(_WIN32)
using AsymmetricFence = WindowsFence;
#else
using AsymmetricFence = NoMembarrier;
#endif

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
