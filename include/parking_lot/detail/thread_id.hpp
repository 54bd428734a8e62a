// SPDX-License-Identifier: MIT
// ThreadId: a number for the calling thread, for locks that remember their owner.
#pragma once

#include <cstdint>

#include "parking_lot/detail/config.hpp"

#if defined(_WIN32)
#include "parking_lot/detail/platform/windows_api.hpp"
#elif __has_include(<pthread.h>)
#include <pthread.h>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Different for any two threads that live at the same time, and never kNoThread. The id of a
/// thread that has ended may be given to a new one.
using ThreadId = std::uintptr_t;

inline constexpr ThreadId kNoThread = 0;

#if defined(_WIN32)

/// The thread's number, the same in every module: not that of a pthread library, of which each
/// module may have its own.
[[nodiscard]] inline ThreadId this_thread_id() noexcept { return ::GetCurrentThreadId(); }

#elif __has_include(<pthread.h>)

/// The thread's own record: the same in every module of the process and in a forked child, there
/// from before main until the last destructor of a thread-local variable, and without storage here
/// (a thread-local variable in a plugin may be allocated when a thread first uses it). 1 ns.
[[nodiscard]] inline ThreadId this_thread_id() noexcept {
    return __builtin_bit_cast(ThreadId, ::pthread_self());
}

#else

/// The address of a variable of the thread. Each module has a variable of its own, so a lock must
/// be locked and unlocked by the code of one module.
[[nodiscard]] inline ThreadId this_thread_id() noexcept {
    static thread_local constinit char mark = 0;
    return reinterpret_cast<ThreadId>(&mark);
}

#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
