// SPDX-License-Identifier: MIT
// StackTrace: where in the program a thread is, taken and printed without allocating.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "parking_lot/detail/config.hpp"

#if defined(__GNUC__) && __has_include(<unwind.h>)
#include <unwind.h>
#define PARKING_LOT_UNWINDS 1
#else
#define PARKING_LOT_UNWINDS 0
#endif
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define PARKING_LOT_NAMES_FRAMES 1
#else
#define PARKING_LOT_NAMES_FRAMES 0
#endif

// In a function that is not inlined: the place that it returns to.
#if defined(__GNUC__)
#define PARKING_LOT_CALLER __builtin_return_address(0)
#else
#define PARKING_LOT_CALLER nullptr
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Return addresses, innermost first. Taken with the compiler's own unwinder and not by glibc's
/// backtrace(), which allocates when it is first called. Some 0.3 microseconds per frame.
class StackTrace {
  public:
    /// Of the calling thread, from the frame that runs at `start` on; all of it if there is none.
    PARKING_LOT_NOINLINE void capture([[maybe_unused]] void* start = nullptr) noexcept {
        size_ = 0;
#if PARKING_LOT_UNWINDS
        Walk walk{*this, start};
        (void)::_Unwind_Backtrace(&Walk::step, &walk);
        if (size_ == 0 && start != nullptr) capture();
#endif
    }

    /// Only one place in the code; null if that is not known.
    void set(void* address) noexcept {
        frames_[0] = address;
        size_ = address != nullptr ? 1 : 0;
    }

    /// A line for each frame, as glibc writes them; addr2line and c++filt tell more.
    void print(std::FILE* out) const noexcept {
        if (size_ == 0) {
            std::fputs("    (no stack is known)\n", out);
            return;
        }
#if PARKING_LOT_NAMES_FRAMES
        std::fflush(out);
        ::backtrace_symbols_fd(frames_.data(), static_cast<int>(size_), ::fileno(out));
#else
        for (std::size_t i = 0; i < size_; ++i) std::fprintf(out, "[%p]\n", frames_[i]);
#endif
    }

  private:
    static constexpr std::size_t kMostFrames = 16;

#if PARKING_LOT_UNWINDS
    struct Walk {
        StackTrace& trace;
        void* start;  // null once it was met

        static _Unwind_Reason_Code step(_Unwind_Context* frame, void* data) noexcept {
            auto& [trace, start] = *static_cast<Walk*>(data);
            auto* const address =
                reinterpret_cast<void*>(static_cast<std::uintptr_t>(_Unwind_GetIP(frame)));
            if (address == nullptr) return _URC_END_OF_STACK;
            if (start != nullptr && address != start) return _URC_NO_REASON;
            start = nullptr;
            trace.frames_[trace.size_++] = address;
            return trace.size_ == kMostFrames ? _URC_END_OF_STACK : _URC_NO_REASON;
        }
    };
#endif

    std::size_t size_ = 0;
    std::array<void*, kMostFrames> frames_{};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
