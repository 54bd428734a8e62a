// SPDX-License-Identifier: MIT
// WindowsWait: sleeping on a 32-bit word by WaitOnAddress.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform/kernel_sleeping.hpp"
#include "parking_lot/detail/platform/windows_api.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as LinuxFutex, by WaitOnAddress (Windows 8 and later). Leaves the thread's
/// last error and errno alone.
struct WindowsWait : KernelSleeping {
    static constexpr const char* kName = "WaitOnAddress";

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        if (deadline.is_never()) {
            sleep(word, expected, kForever);
            return true;
        }
        if (deadline.has_passed()) return false;
        sleep(word, expected, milliseconds_until(deadline.time()));
        // Windows counts in ticks of its own, and may be early by our clock.
        return !deadline.has_passed();
    }

    /// Wakes at most one thread that waits on the word at `address`. Only the address is used.
    static void wake_one(const void* address) noexcept {
        ::WakeByAddressSingle(const_cast<void*>(address));
    }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept {
        ::WakeByAddressAll(const_cast<void*>(address));
    }

    /// How long to sleep at a time: 0 if `time` has passed, never "for ever". Rounded up, so that
    /// what is left of the last millisecond is not spent spinning.
    static unsigned long milliseconds_until(Deadline::Clock::time_point time) noexcept {
        using std::chrono::milliseconds;
        const auto now = Deadline::Clock::now();
        if (time <= now) return 0;
        const auto left = std::chrono::ceil<milliseconds>(time - now);
        return static_cast<unsigned long>((std::min)(left, kLongestSleep).count());
    }

  private:
    static constexpr unsigned long kForever = 0xFFFFFFFF;
    // Callers wait again: far below kForever, which a long deadline must not turn into.
    static constexpr std::chrono::milliseconds kLongestSleep = std::chrono::hours{24};

    static void sleep(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      unsigned long milliseconds) noexcept {
        const unsigned long saved_error = ::GetLastError();
        ::WaitOnAddress(const_cast<std::atomic<std::uint32_t>*>(&word), &expected, sizeof(expected),
                        milliseconds);
        ::SetLastError(saved_error);
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
