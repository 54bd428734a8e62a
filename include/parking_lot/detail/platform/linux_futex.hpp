// SPDX-License-Identifier: MIT
// LinuxFutex: sleeping on a 32-bit word by the futex system call.
#pragma once

#include <linux/futex.h>
#include <linux/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/kernel_sleeping.hpp"
#include "parking_lot/detail/platform/timespec.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The platform's sleeping interface: wait on a 32-bit word, wake one, wake all.
///
/// A wake may come for no reason and may be addressed to memory that is gone (see wake_one), so
/// every caller of wait() re-reads its word in a loop.
///
/// Where a sandbox refuses futex, a thread that would have to sleep, or to wake one, prints a
/// sentence and aborts. Polling would not do instead: the filters of a process may differ from
/// thread to thread, and a sleeper whose waker is refused would never know.
struct LinuxFutex : KernelSleeping {
    static constexpr const char* kName = "Linux futex";

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        // Callers often report what they find through errno-setting code: leave it as it was.
        const int saved_errno = errno;
        bool in_time = true;
        if (deadline.is_never()) {
            sleep(word, expected, nullptr);
        } else if (deadline.has_passed()) {
            in_time = false;
        } else {
            // FUTEX_WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, which is steady_clock's.
            const auto until = to_timespec<KernelTime>(deadline.time());
            in_time = sleep(word, expected, &until);
        }
        errno = saved_errno;
        return in_time;
    }

    /// Wakes at most one thread that waits on the word at `address`. Only the address is used:
    /// where the memory has been freed or reused, the wake is lost or merely spurious.
    static void wake_one(const void* address) noexcept { wake(address, 1); }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept { wake(address, INT_MAX); }

  private:
    // A timespec of the kernel's, whatever the size of time_t. SYS_futex_time64, which older
    // kernels and sandboxes lack, is for systems that have nothing else: a steady clock fits 32
    // bits.
#if defined(SYS_futex)
    static constexpr long kFutexCall = SYS_futex;
    using KernelLong = __kernel_long_t;
#else
    static constexpr long kFutexCall = SYS_futex_time64;
    using KernelLong = long long;
#endif
    struct KernelTime {
        KernelLong tv_sec;
        KernelLong tv_nsec;
    };

    static long futex(const void* address, int operation, std::uint32_t value,
                      const KernelTime* until) noexcept {
        return ::syscall(kFutexCall, address, operation | FUTEX_PRIVATE_FLAG, value, until, nullptr,
                         FUTEX_BITSET_MATCH_ANY);
    }

    /// wait(), but for errno.
    static bool sleep(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      const KernelTime* until) noexcept {
        if (futex(&word, FUTEX_WAIT_BITSET, expected, until) == 0) return true;
        if (errno == ETIMEDOUT) return false;
        // The word differs; a signal.
        if (errno != EAGAIN && errno != EINTR && is_refused()) report_refusal();
        return true;
    }

    /// Whether no thread can sleep. A thread that is stopped while it sleeps goes on by the system
    /// call restart_syscall; where only that is refused, the caller waits again. Asks by a wait
    /// that ends at once, as the word differs. Leaves in errno why it is refused.
    PARKING_LOT_COLD static bool is_refused() noexcept {
        const std::uint32_t word = 0;
        return futex(&word, FUTEX_WAIT_BITSET, word + 1, nullptr) == -1 && errno != EAGAIN;
    }

    static void wake(const void* address, std::uint32_t count) noexcept {
        const int saved_errno = errno;
        // EFAULT: not an address of this process, so nobody can wait there. EINVAL: the memory has
        // been reused, and its new users wait there by other operations, as for a mutex that
        // inherits priorities; nobody of ours does.
        if (futex(address, FUTEX_WAKE, count, nullptr) == -1 && errno != EFAULT && errno != EINVAL)
            report_refusal();
        errno = saved_errno;
    }

    /// Signal handlers wake, too: no lock of the C library may be needed here.
    [[noreturn]] PARKING_LOT_COLD static void report_refusal() noexcept {
        std::array<char, 160> text{};
        const int length =
            std::snprintf(text.data(), text.size(),
                          "parking_lot: the kernel refuses the futex system call (errno %d), "
                          "without which no thread can wait; a sandbox must allow it\n",
                          errno);
        (void)!::write(STDERR_FILENO, text.data(), static_cast<std::size_t>(length));
        std::abort();
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
