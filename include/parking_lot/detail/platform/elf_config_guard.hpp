// SPDX-License-Identifier: MIT
// Makes the linker refuse a module whose translation units disagree about parking_lot's switches.
#pragma once

#include "parking_lot/detail/config.hpp"

#if defined(__ELF__)

#define PARKING_LOT_SAME_EVERYWHERE \
    "parking_lot_must_be_configured_the_same_everywhere_" PARKING_LOT_TEXT(PARKING_LOT_ABI)

// How it works. Every translation unit defines one and the same variable, but in a section named
// after its configuration. The linker keeps one definition, so the sections of other configurations
// do not exist, and a reference to the __start_ symbol of such a section cannot be resolved. Two
// strong definitions would say it more plainly, but ThinLTO reports those even when they are equal.
namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

[[gnu::visibility("hidden"), gnu::used, gnu::section(PARKING_LOT_SAME_EVERYWHERE)]]
inline constinit const char kConfiguration asm("parking_lot_configuration") = 0;

[[gnu::visibility("hidden")]] extern const char kConfigurationSection asm(
    "__start_" PARKING_LOT_SAME_EVERYWHERE);

/// Never called; there to be linked. `retain` keeps it through --gc-sections.
[[gnu::visibility("hidden"), gnu::used, gnu::retain]]
inline void refuse_mixed_configurations() noexcept {
    // .hidden again: GCC leaves it out for a name given by asm(), and a shared library would then
    // link and fail only when it is loaded.
    asm volatile(".hidden __start_" PARKING_LOT_SAME_EVERYWHERE
                 :
                 : "r"(&kConfiguration), "r"(&kConfigurationSection));
}

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif
