// SPDX-License-Identifier: MIT
// LockIdentity and ThreadName: how the reports of checked builds speak of locks and threads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/origin.hpp"
#include "parking_lot/detail/thread_id.hpp"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if PARKING_LOT_CHECKED

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The end of a text, whose own memory may be unloaded with the module that has it: a copy. Only
/// that of a constant is the text itself: it belongs to a lock that is unloaded with it.
class TextTail {
  public:
    constexpr TextTail() noexcept = default;
    constexpr explicit TextTail(const char* text) noexcept { assign(text); }
    TextTail(const TextTail& other) noexcept { copy(other.data()); }
    TextTail& operator=(const TextTail& other) noexcept {
        if (this != &other) copy(other.data());
        return *this;
    }
    constexpr ~TextTail() = default;

    constexpr void assign(const char* text) noexcept {
        if (std::is_constant_evaluated()) {
            constant_ = text;
        } else {
            copy(text);
        }
    }

    [[nodiscard]] bool is_empty() const noexcept { return *data() == '\0'; }
    [[nodiscard]] const char* data() const noexcept {
        return constant_ != nullptr ? constant_ : copy_.data();
    }

  private:
    void copy(const char* text) noexcept {
        constant_ = nullptr;
        const std::string_view whole{text != nullptr ? text : ""};
        const std::size_t kept = (std::min)(whole.size(), copy_.size() - 1);
        std::memcpy(copy_.data(), whole.data() + (whole.size() - kept), kept);
        copy_[kept] = '\0';
    }

    const char* constant_ = nullptr;
    std::array<char, 48> copy_{};
};

/// What a report says of a lock, also after the end of the lock and of the module that made it. All
/// zeros at first, like everything that the graph consists of.
struct LockDescription {
    const void* address = nullptr;
    TextTail type;
    const char* name = nullptr;  // lives for ever
    TextTail file;
    std::uint32_t line = 0;

    constexpr LockDescription() noexcept = default;
    constexpr LockDescription(const void* lock, const char* its_type, Origin origin) noexcept
        : address{lock}, type{its_type} {
        set_origin(origin);
    }

    constexpr void set_origin(Origin origin) noexcept {
        name = origin.name();
        file.assign(origin.file());
        line = origin.line();
    }

    /// "parking_lot::RawMutex at 0x1234 (made at file.cpp:5)"
    void print(std::FILE* out) const noexcept {
        std::fprintf(out, "%s at %p", type.is_empty() ? "?" : type.data(), address);
        if (name != nullptr) {
            std::fprintf(out, " (named \"%s\")", name);
        } else if (!file.is_empty()) {
            std::fprintf(out, " (made at %s:%u)", file.data(), line);
        }
    }
};

/// What a lock is, for as long as it lives.
struct LockIdentity : LockDescription {
    using LockDescription::LockDescription;

    // The lock's nodes in the graph of orders, as an object and as one of its name; 0: none so far.
    // Set under the graph's lock; relaxed: read without it for a quick answer only.
    mutable std::atomic<std::uint32_t> object_node{0};
    mutable std::atomic<std::uint32_t> class_node{0};
};

/// The number by which the kernel and other tools know the calling thread; 0 if there is none.
[[nodiscard]] inline long kernel_thread_id() noexcept {
#if defined(__linux__)
    return ::syscall(SYS_gettid);
#else
    return 0;
#endif
}

/// How a report calls a thread, also after its end.
struct ThreadName {
    ThreadId thread = kNoThread;
    long kernel_id = 0;
    std::array<char, 16> name{};

    /// `thread` must not have ended.
    static ThreadName of(ThreadId thread, long kernel_id) noexcept {
        ThreadName result{thread, kernel_id, {}};
#if defined(__linux__)
        (void)::pthread_getname_np(std::bit_cast<::pthread_t>(thread), result.name.data(),
                                   result.name.size());
#endif
        return result;
    }

    /// "thread 12 (worker)"
    void print(std::FILE* out) const noexcept {
        if (kernel_id != 0) {
            std::fprintf(out, "thread %ld", kernel_id);
        } else {
            std::fprintf(out, "thread 0x%zx", static_cast<std::size_t>(thread));
        }
        if (name[0] != '\0') std::fprintf(out, " (%s)", name.data());
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif  // PARKING_LOT_CHECKED
