// SPDX-License-Identifier: MIT
// FreebsdUmtx: sleeping on a 32-bit word by FreeBSD's _umtx_op system call.
#pragma once

#include <sys/types.h>
#include <sys/umtx.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform/kernel_sleeping.hpp"
#include "parking_lot/detail/platform/timespec.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as LinuxFutex.
struct FreebsdUmtx : KernelSleeping {
    static constexpr const char* kName = "FreeBSD _umtx_op";

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        if (deadline.has_passed()) return false;
        const int saved_errno = errno;
        if (deadline.is_never()) {
            (void)umtx(&word, UMTX_OP_WAIT_UINT_PRIVATE, expected, nullptr, nullptr);
        } else {
            // An absolute CLOCK_MONOTONIC time, which is steady_clock's.
            _umtx_time until{};
            until._timeout = to_timespec(deadline.time());
            until._flags = UMTX_ABSTIME;
            until._clockid = CLOCK_MONOTONIC;
            // Where a time is given, the address before it carries its size.
            (void)umtx(&word, UMTX_OP_WAIT_UINT_PRIVATE, expected,
                       reinterpret_cast<void*>(sizeof(until)), &until);
        }
        errno = saved_errno;
        return !deadline.has_passed();
    }

    /// Wakes at most one thread that waits on the word at `address`. Only the address is used.
    static void wake_one(const void* address) noexcept { wake(address, 1); }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept { wake(address, INT_MAX); }

  private:
    static int umtx(const void* address, int operation, unsigned long value, void* size,
                    void* until) noexcept {
        return ::_umtx_op(const_cast<void*>(address), operation, value, size, until);
    }

    static void wake(const void* address, unsigned long count) noexcept {
        const int saved_errno = errno;
        (void)umtx(address, UMTX_OP_WAKE_PRIVATE, count, nullptr, nullptr);
        errno = saved_errno;
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
