// SPDX-License-Identifier: MIT
// SingleModule: where modules cannot find each other, each keeps to its own table.
#pragma once

#include "parking_lot/detail/config.hpp"

#define PARKING_LOT_LINKED_AS(name)

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The interface of ElfModules where modules cannot find each other. A lock that two modules use
/// must then be locked by functions of one of them only.
struct SingleModule {
    struct Owner {
        void* record = nullptr;
        void* table = nullptr;
    };

    static Owner find_owner(void* own_record, void* own_table) noexcept {
        return {own_record, own_table};
    }
    static Owner find_across_namespaces(const Owner& found) noexcept { return found; }
    static void pin(const Owner&) noexcept {}
    static void at_fork(void (*)(), void (*)(), void (*)()) noexcept {}
};

using Modules = SingleModule;

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
