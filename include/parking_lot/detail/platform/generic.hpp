// SPDX-License-Identifier: MIT
// Generic: sleeping on a 32-bit word with nothing but the standard library.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "parking_lot/deadline.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as LinuxFutex, by a mutex and a condition variable hashed from the address.
///
/// A module that was given its own copy of the slots (a plugin with hidden visibility) wakes the
/// wrong ones; therefore no sleep lasts longer than kLongestSleep before the word is read again:
/// such a wake is late, never lost. Does not work after the process's C library has shut down.
struct Generic {
    static constexpr const char* kName = "generic (mutex and condition variable)";
    static constexpr bool kHasState = true;
    static constexpr bool kWakesInSignalHandlers = false;  // the thread may hold a slot's mutex

    /// Makes the slots, so that no fork can copy them half made.
    static void prepare() noexcept { (void)slots(); }

    /// In a forked child: makes the slots anew, as those who held or waited on them do not exist.
    static void reset_after_fork() noexcept { (void)construct(storage); }

    /// Sleeps while `word == expected`, until woken or `deadline`. May return early.
    /// Returns false only when the deadline has passed.
    static bool wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     Deadline deadline) noexcept {
        if (deadline.has_passed()) return false;
        const auto wake_up = (std::min)(deadline.time(), Deadline::Clock::now() + kLongestSleep);
        Slot& slot = slot_of(&word);
        std::unique_lock lock{slot.mutex};
        // Read under the slot's mutex, which a waker takes after it changed the word: either the
        // change is seen here, or the notification comes after this thread sleeps.
        // relaxed: the caller reads the word again, with the order it needs.
        if (word.load(std::memory_order_relaxed) == expected) {
            slot.changed.wait_until(lock, wake_up);
        }
        return !deadline.has_passed();
    }

    /// Wakes whoever waits on the word at `address`. Only the address is used. Others who share
    /// the slot wake as well: a notify_one could pick the wrong one of them.
    static void wake_one(const void* address) noexcept { wake_all(address); }

    /// Wakes every thread that waits on the word at `address`.
    static void wake_all(const void* address) noexcept {
        Slot& slot = slot_of(address);
        {
            const std::lock_guard lock{slot.mutex};
        }
        slot.changed.notify_all();
    }

  private:
    struct Slot {
        std::mutex mutex;
        std::condition_variable changed;
    };

    static constexpr std::size_t kSlots = 64;
    static constexpr std::chrono::milliseconds kLongestSleep{10};

    static Slot& slot_of(const void* address) noexcept {
        return slots()[(reinterpret_cast<std::uintptr_t>(address) >> 4) % kSlots];
    }

    static Slot* slots() noexcept {
        static Slot* const made = construct(storage);
        return made;
    }

    static Slot* construct(std::byte* memory) noexcept {
        for (std::size_t i = 0; i < kSlots; ++i) new (memory + i * sizeof(Slot)) Slot;
        return std::launder(reinterpret_cast<Slot*>(memory));
    }

    // Never destroyed: locks are used in exit handlers and thread-local destructors.
    alignas(Slot) static inline constinit std::byte storage[kSlots * sizeof(Slot)]{};
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
