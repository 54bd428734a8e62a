// SPDX-License-Identifier: MIT
// EmscriptenFutex: sleeping on a 32-bit word in WebAssembly with threads.
#pragma once

#include <emscripten/threading.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <limits>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform/kernel_sleeping.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as LinuxFutex. A browser's main thread may not sleep: it waits awake, while
/// it serves the other threads' calls.
struct EmscriptenFutex : KernelSleeping {
    static constexpr const char* kName = "Emscripten futex";

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        if (deadline.has_passed()) return false;
        const int saved_errno = errno;
        (void)::emscripten_futex_wait(address_of(&word), expected, milliseconds_until(deadline));
        errno = saved_errno;
        return !deadline.has_passed();
    }

    /// Wakes at most one thread that waits on the word at `address`. Only the address is used.
    static void wake_one(const void* address) noexcept {
        (void)::emscripten_futex_wake(address_of(address), 1);
    }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept {
        (void)::emscripten_futex_wake(address_of(address), INT_MAX);
    }

  private:
    static volatile void* address_of(const void* word) noexcept { return const_cast<void*>(word); }

    static double milliseconds_until(Deadline deadline) noexcept {
        using Milliseconds = std::chrono::duration<double, std::milli>;
        if (deadline.is_never()) return std::numeric_limits<double>::infinity();
        const Milliseconds left = deadline.time() - Deadline::Clock::now();
        return (std::max)(left.count(), 0.0);
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
