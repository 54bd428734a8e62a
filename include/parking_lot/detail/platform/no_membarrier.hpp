// SPDX-License-Identifier: MIT
// NoMembarrier: for systems without an asymmetric fence; locks then unlock by read-modify-write.
#pragma once

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The interface of Membarrier where there is nothing of the kind.
struct NoMembarrier {
    static constexpr const char* kName = "none";

    [[nodiscard]] static bool enroll() noexcept { return false; }
    static bool heavy_fence() noexcept { return false; }
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
