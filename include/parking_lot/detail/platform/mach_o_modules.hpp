// SPDX-License-Identifier: MIT
// MachOModules: finds the module (executable, library or bundle) whose table the process uses.
#pragma once

#include <dlfcn.h>
#include <mach-o/dyld.h>
#include <mach-o/getsect.h>
#include <mach-o/loader.h>
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "parking_lot/detail/config.hpp"

// The section by which the modules of a process find each other, whatever the visibility of their
// symbols. Each translation unit adds an entry: the addresses of the module's record and table, and
// the ABI's name. The names of record and table have the ABI in them, so that translation units
// that were built with other switches do not share them, but are found out by their entry.
#define PARKING_LOT_LINKED_NAME(name) "_" name "_" PARKING_LOT_TEXT(PARKING_LOT_ABI)
#define PARKING_LOT_LINKED_AS(name) asm(PARKING_LOT_LINKED_NAME(name))
asm(".pushsection __DATA,__parking_lot,regular,no_dead_strip\n"
    ".p2align 3\n"
    ".quad " PARKING_LOT_LINKED_NAME("parking_lot_module_record") "\n"
    ".quad " PARKING_LOT_LINKED_NAME("parking_lot_module_table") "\n"
    ".asciz \"" PARKING_LOT_TEXT(PARKING_LOT_ABI) "\"\n"
    ".p2align 3\n"
    ".popsection\n");

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The same interface as ElfModules.
struct MachOModules {
    /// The module whose table all others use.
    struct Owner {
        void* record = nullptr;
        void* table = nullptr;
        const char* path = "";
        bool is_executable = false;
    };

    /// The first module with an entry: the executable, if it uses the library; else the one loaded
    /// first. So all modules agree. Aborts when one was built with another ABI than this one.
    PARKING_LOT_HIDDEN static Owner find_owner(void* own_record, void* own_table) noexcept {
        Search search{.own_record = own_record};
        // dyld lists the executable first, then the others as they were loaded. From the end, so
        // that none is skipped when another thread unloads one meanwhile. dyld offers no lock: that
        // one itself may be gone while it is looked at, which nothing here can prevent.
        for (std::uint32_t i = ::_dyld_image_count(); i-- > 0;) {
            const auto* const header =
                reinterpret_cast<const mach_header_64*>(::_dyld_get_image_header(i));
            const char* const path = ::_dyld_get_image_name(i);
            if (header != nullptr && path != nullptr) search.visit(*header, path);
        }
        if (search.stranger_abi != nullptr) refuse(search);
        // A module whose section was stripped off is on its own.
        if (search.owner.record == nullptr) return {own_record, own_table, "", true};
        return search.owner;
    }

    static Owner find_across_namespaces(const Owner& found) noexcept { return found; }

    /// Keeps the owner loaded for the life of the process.
    PARKING_LOT_HIDDEN static void pin(const Owner& owner) noexcept {
        if (owner.is_executable) return;
        (void)::dlopen(owner.path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }

    /// Has `before` called before each fork, after all such handlers that are registered later, and
    /// `in_parent` or `in_child` after it, before those. Their image stays loaded: Darwin does not
    /// forget the handlers of one that goes.
    PARKING_LOT_HIDDEN static void at_fork(void (*before)(), void (*in_parent)(),
                                           void (*in_child)()) noexcept {
        Dl_info image{};
        if (::dladdr(reinterpret_cast<const void*>(in_child), &image) != 0) {
            (void)::dlopen(image.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
        }
        (void)::pthread_atfork(before, in_parent, in_child);
    }

  private:
    static constexpr const char* kAbi = PARKING_LOT_TEXT(PARKING_LOT_ABI);

    struct Search {
        const void* own_record;
        Owner owner{};
        const char* own_path = "";
        const char* stranger_path = "";
        const char* stranger_abi = nullptr;

        void visit(const mach_header_64& image, const char* path) noexcept {
            unsigned long size = 0;
            const auto* const start = reinterpret_cast<const char*>(
                ::getsectiondata(&image, "__DATA", "__parking_lot", &size));
            if (start == nullptr) return;
            for (std::size_t at = 0; at < size;) {
                void* addresses[2];
                std::memcpy(addresses, start + at, sizeof(addresses));
                const char* const abi = start + at + sizeof(addresses);
                found(addresses, abi, path, image.filetype == MH_EXECUTE);
                at += sizeof(addresses) + round_up(std::strlen(abi) + 1);
            }
        }

        void found(void* const* addresses, const char* abi, const char* path,
                   bool is_executable) noexcept {
            if (addresses[0] == own_record) own_path = path;
            if (std::strcmp(abi, kAbi) != 0) {
                stranger_path = path;
                stranger_abi = abi;
            }
            owner = {addresses[0], addresses[1], path, is_executable};  // the last is the first
        }

        static std::size_t round_up(std::size_t size) noexcept { return (size + 7) / 8 * 8; }
    };

    [[noreturn]] PARKING_LOT_COLD PARKING_LOT_HIDDEN static void refuse(
        const Search& search) noexcept {
        std::fprintf(stderr,
                     "parking_lot: %s was built with parking_lot ABI %s, but %s with ABI %s; build "
                     "the whole program with one version of parking_lot and the same PARKING_LOT_* "
                     "switches\n",
                     search.own_path, kAbi, search.stranger_path, search.stranger_abi);
        std::fflush(stderr);
        std::abort();
    }
};

using Modules = MachOModules;

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
