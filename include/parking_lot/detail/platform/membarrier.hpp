// SPDX-License-Identifier: MIT
// Membarrier: a fence that one thread executes on behalf of all, by the membarrier system call.
#pragma once

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The heavy half of an asymmetric fence; the light half is std::atomic_signal_fence.
struct Membarrier {
    static constexpr const char* kName = "membarrier";

    /// Asks the kernel for leave to use heavy_fence() in this process. A microsecond while the
    /// process has one thread, an RCU grace period later. Forked children inherit it. False where
    /// the kernel, a sandbox or PARKING_LOT_NO_MEMBARRIER=1 (isolated cores) refuses.
    [[nodiscard]] static bool enroll() noexcept {
        const char* const refused = ::secure_getenv("PARKING_LOT_NO_MEMBARRIER");
        if (refused != nullptr && refused[0] == '1' && refused[1] == '\0') return false;
        return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    }

    /// A full barrier on every running thread of the process. False when it did not happen: not
    /// enrolled, or a sandbox that was put up after enroll().
    static bool heavy_fence() noexcept { return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED); }

  private:
    static bool membarrier(int command) noexcept {
        const int saved_errno = errno;
        const bool done = ::syscall(SYS_membarrier, command, 0, 0) == 0;
        errno = saved_errno;
        return done;
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
