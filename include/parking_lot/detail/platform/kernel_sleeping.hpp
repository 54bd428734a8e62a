// SPDX-License-Identifier: MIT
// KernelSleeping: what all platforms have in common whose kernel keeps the sleeping threads.
#pragma once

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The parts of the sleeping interface that follow from having no state in this process: there is
/// nothing to prepare, nothing that a fork could copy, and nothing that the thread which a signal
/// handler interrupts could hold.
struct KernelSleeping {
    static constexpr bool kHasState = false;
    static constexpr bool kWakesInSignalHandlers = true;
    static void prepare() noexcept {}
    static void reset_after_fork() noexcept {}
};

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
