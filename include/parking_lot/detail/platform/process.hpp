// SPDX-License-Identifier: MIT
// The process: its number, and which memory is static storage of its modules.
#pragma once

#include <cstddef>
#include <cstdint>

#include "parking_lot/detail/config.hpp"

#if defined(__linux__) || defined(__FreeBSD__)
#include <link.h>
#endif
#if defined(_WIN32)
#include "parking_lot/detail/platform/pe_modules.hpp"
#elif defined(__APPLE__)
#include <dlfcn.h>
#endif
#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// Another in a forked child; always 0 where there is no fork.
[[nodiscard]] inline long process_id() noexcept {
#if !defined(_WIN32) && __has_include(<unistd.h>)
    return ::getpid();
#else
    return 0;
#endif
}

#if defined(__linux__) || defined(__FreeBSD__)
/// For dl_iterate_phdr: 1 if a segment of the module contains the address. A module may be loaded
/// below the addresses that it was linked for: differences wrap around.
PARKING_LOT_WRAPS inline int contains_address(dl_phdr_info* module, std::size_t,
                                              void* address) noexcept {
    const std::uintptr_t offset = *static_cast<std::uintptr_t*>(address) - module->dlpi_addr;
    for (std::size_t i = 0; i < module->dlpi_phnum; ++i) {
        const auto& segment = module->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD && offset >= segment.p_vaddr &&
            offset - segment.p_vaddr < segment.p_memsz) {
            return 1;
        }
    }
    return 0;
}
#endif

/// Whether the object at `address` is a variable of static storage, of the executable or of a
/// loaded library. True where that cannot be known. May take locks of the loader.
[[nodiscard]] PARKING_LOT_COLD inline bool is_static_storage(const void* address) noexcept {
#if defined(__linux__) || defined(__FreeBSD__)
    auto place = reinterpret_cast<std::uintptr_t>(address);
    return ::dl_iterate_phdr(&contains_address, &place) != 0;
#elif defined(_WIN32)
    return PeModules::contain(address);
#elif defined(__APPLE__)
    Dl_info info;
    return ::dladdr(address, &info) != 0;
#else
    (void)address;
    return true;
#endif
}

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
