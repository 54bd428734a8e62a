// SPDX-License-Identifier: MIT
// dump_parked: prints which threads are parked, at what, and for how long.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>

#include "parking_lot/detail/parked_threads.hpp"
#include "parking_lot/detail/rwlock_state.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>

#include <cerrno>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A line of text of limited length, made without heap and locale: what would be too much is left
/// out.
class TextLine {
  public:
    TextLine& add(std::string_view text) noexcept {
        text = text.substr(0, text_.size() - size_);
        std::copy(text.begin(), text.end(), text_.begin() + size_);
        size_ += text.size();
        return *this;
    }

    TextLine& add(std::uint64_t value, int base = 10) noexcept {
        size_ = static_cast<std::size_t>(
            std::to_chars(text_.data() + size_, text_.data() + text_.size(), value, base).ptr -
            text_.data());
        return *this;
    }

    TextLine& add_hex(std::uintptr_t value) noexcept { return add("0x").add(value, 16); }

    /// In seconds, with three decimal places.
    TextLine& add(std::chrono::nanoseconds duration) noexcept {
        using std::chrono::milliseconds;
        const auto thousandths =
            static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(duration).count());
        const std::uint64_t fraction = thousandths % 1000;
        add(thousandths / 1000).add(fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".");
        return add(fraction).add(" s");
    }

    /// Spaces up to `column`.
    TextLine& fill_to(std::size_t column) noexcept {
        while (size_ < (std::min)(column, text_.size())) text_[size_++] = ' ';
        return *this;
    }

    [[nodiscard]] std::string_view view() const noexcept { return {text_.data(), size_}; }

  private:
    std::array<char, 160> text_{};
    std::size_t size_ = 0;
};

/// What the thread waits for.
[[nodiscard]] constexpr std::string_view description_of(const ParkedThread& thread) noexcept {
    switch (thread.key.kind) {
        case Kind::ByteMutex:
        case Kind::WordMutex:
            return "mutex";
        case Kind::Once:
            return "Once";
        case Kind::Condvar:
            return "Condvar";
        case Kind::RwLock:
            if (thread.token.value == RwState::kReader) return "RwLock, to read";
            if (thread.token.value == RwState::kWriter) return "RwLock, to write";
            return "RwLock, to read upgradably";
        case Kind::RwLockDrain:
            return "RwLock, to write: for its readers";
        case Kind::Condition:
            return "its condition (lock_when, await)";
        case Kind::Semaphore:
            return "Semaphore";
        case Kind::Latch:
            return "Latch";
        case Kind::User:
            break;
    }
    return "core::park";
}

/// The table of dump_parked. `write(std::string_view)` is called with no lock held.
template <class Locking, class Write>
void dump_parked_by(Write&& write) {
    // Addresses as wide as they can get, and two spaces.
    constexpr std::size_t kThreadColumn = 14;
    constexpr std::size_t kLockColumn =
        kThreadColumn + 4 + std::numeric_limits<std::uintptr_t>::digits / 4;
    constexpr std::size_t kKindColumn = kLockColumn + kLockColumn - kThreadColumn;
    std::uint64_t count = 0;
    ParkedThreads parked;
    while (parked.next<Locking>()) {
        const auto now = Deadline::Clock::now();
        if (count == 0) {
            TextLine head;
            head.add("parked").fill_to(kThreadColumn).add("thread").fill_to(kLockColumn);
            write(head.add("lock").fill_to(kKindColumn).add("waits for\n").view());
        }
        for (const ParkedThread& thread : parked) {
            TextLine row;
            row.add(now - thread.since).fill_to(kThreadColumn).add_hex(thread.thread);
            row.fill_to(kLockColumn).add_hex(reinterpret_cast<std::uintptr_t>(thread.key.address));
            write(row.fill_to(kKindColumn).add(description_of(thread)).add("\n").view());
            ++count;
        }
    }
    TextLine sum;
    if (count == 0) {
        sum.add("No thread is parked.");
    } else {
        sum.add(count).add(count == 1 ? " thread is parked." : " threads are parked.");
    }
    if (const std::uint64_t busy = parked.busy_buckets(); busy != 0) {
        sum.add(" Not shown: what waits in ").add(busy);
        sum.add(busy == 1 ? " bucket busy just now." : " buckets busy just now.");
    }
    write(sum.add("\n").view());
}

}  // namespace detail

/// Prints a table of all threads that are parked, in this process, at locks of this library or by
/// core::park: for how long, the thread, the lock, and what for. Longest first:
/// ~~~
/// parked        thread              lock                waits for
/// 12.345 s      0x7f10a9bfe6c0      0x55d0c8a01040      mutex
/// ~~~
/// The thread is the value of pthread_self(), which gdb shows, too; on Windows the thread's id. The
/// time counts from where it began to wait: for a Condvar's waiter that was notified and moved to
/// the queue of its lock, from the wait() on, until it is woken there. Locks of the standard
/// library (PARKING_LOT_USE_STD) are not seen, nor are threads that still spin.
///
/// Holds the lock of a part of the table at a time, and none while it prints. Allocates nothing
/// itself. Throws what `out` throws.
inline void dump_parked(std::ostream& out) {
    detail::dump_parked_by<detail::WaitForBucket>([&out](std::string_view text) {
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
    });
}

#if __has_include(<unistd.h>)

/// As above, to a file descriptor, and async-signal-safe: a handler may call it whatever the
/// interrupted thread was doing. It writes by write(2), gives up at an error, and leaves errno
/// alone. It does not wait for a part of the table that stays locked, maybe by that very thread,
/// but says at the end that it could not look there.
inline void dump_parked(int fd) noexcept {
    const int saved_errno = errno;
    detail::dump_parked_by<detail::TryBucket>([fd](std::string_view text) noexcept {
        while (!text.empty()) {
            // The width that Windows has for it; a line is short.
            const auto size = static_cast<unsigned>(text.size());
            const auto written = ::write(fd, text.data(), size);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
    });
    errno = saved_errno;
}

#endif

}  // namespace parking_lot::inline PARKING_LOT_ABI
