// SPDX-License-Identifier: MIT
// MacosSync: sleeping on a 32-bit word by os_sync_wait_on_address, which macOS 14.4 brought.
#pragma once

#include <os/clock.h>
#include <os/os_sync_wait_on_address.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform/kernel_sleeping.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as LinuxFutex.
struct MacosSync : KernelSleeping {
    static constexpr const char* kName = "macOS os_sync_wait_on_address";

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        if (deadline.has_passed()) return false;
        const int saved_errno = errno;
        void* const address = address_of(&word);
        // Errors are reasons to return early: woken, interrupted, or timed out.
        if (deadline.is_never()) {
            (void)::os_sync_wait_on_address(address, expected, kSize, OS_SYNC_WAIT_ON_ADDRESS_NONE);
        } else {
            (void)::os_sync_wait_on_address_with_timeout(
                address, expected, kSize, OS_SYNC_WAIT_ON_ADDRESS_NONE, OS_CLOCK_MACH_ABSOLUTE_TIME,
                timeout_until(deadline));
        }
        errno = saved_errno;
        return !deadline.has_passed();
    }

    /// Wakes at most one thread that waits on the word at `address`. Only the address is used.
    static void wake_one(const void* address) noexcept {
        const int saved_errno = errno;
        (void)::os_sync_wake_by_address_any(address_of(address), kSize,
                                            OS_SYNC_WAKE_BY_ADDRESS_NONE);
        errno = saved_errno;
    }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept {
        const int saved_errno = errno;
        (void)::os_sync_wake_by_address_all(address_of(address), kSize,
                                            OS_SYNC_WAKE_BY_ADDRESS_NONE);
        errno = saved_errno;
    }

  private:
    static constexpr std::size_t kSize = sizeof(std::uint32_t);
    // The steady clock goes on while the machine sleeps, the clock of the call does not.
    static constexpr std::chrono::nanoseconds kLongestSleep = std::chrono::minutes{1};

    static void* address_of(const void* word) noexcept { return const_cast<void*>(word); }

    static std::uint64_t timeout_until(Deadline deadline) noexcept {
        using std::chrono::nanoseconds;
        const nanoseconds left = deadline.time() - Deadline::Clock::now();
        // Zero would be an error.
        return static_cast<std::uint64_t>(std::clamp(left, nanoseconds{1}, kLongestSleep).count());
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
