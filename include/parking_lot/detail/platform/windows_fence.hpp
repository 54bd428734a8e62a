// SPDX-License-Identifier: MIT
// WindowsFence: a fence that one thread executes on behalf of all, by FlushProcessWriteBuffers.
#pragma once

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/windows_api.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as Membarrier.
struct WindowsFence {
    static constexpr const char* kName = "FlushProcessWriteBuffers";

    /// Whether heavy_fence() may be relied on. False with PARKING_LOT_NO_MEMBARRIER=1 in the
    /// environment (isolated cores), and under Wine, where the function may do nothing.
    [[nodiscard]] static bool enroll() noexcept {
        const unsigned long saved_error = ::GetLastError();
        const bool is_allowed = !is_refused() && !is_wine();
        ::SetLastError(saved_error);
        return is_allowed;
    }

    /// A full barrier on every running thread of the process.
    static bool heavy_fence() noexcept {
        ::FlushProcessWriteBuffers();
        return true;
    }

  private:
    static bool is_refused() noexcept {
        char value[2]{};
        return ::GetEnvironmentVariableA("PARKING_LOT_NO_MEMBARRIER", value, sizeof(value)) == 1 &&
               value[0] == '1';
    }

    static bool is_wine() noexcept {
        PARKING_LOT_HMODULE const ntdll = ::GetModuleHandleA("ntdll.dll");
        return ntdll != nullptr && ::GetProcAddress(ntdll, "wine_get_version") != nullptr;
    }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
