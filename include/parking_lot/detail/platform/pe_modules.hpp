// SPDX-License-Identifier: MIT
// PeModules: finds the module (executable or DLL) whose table the process uses, on Windows.
#pragma once

#include <array>
#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/windows_api.hpp"

#define PARKING_LOT_LINKED_AS(name)

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

/// The interface of ElfModules. The modules meet in a piece of shared memory that is named after
/// the process: the first to come leaves the address of what the others must know. Needs no lock of
/// the loader, except to name or pin a module.
struct PeModules {
    /// The module whose table all others use.
    struct Owner {
        void* record = nullptr;
        void* table = nullptr;
    };

    /// The first module that came here. Aborts when it was built with another ABI than this one.
    static Owner find_owner(void* own_record, void* own_table) noexcept {
        static const Announcement own{PARKING_LOT_TEXT(PARKING_LOT_ABI), own_record, own_table};
        const unsigned long saved_error = ::GetLastError();
        const Announcement& owner = meet(own);
        ::SetLastError(saved_error);
        if (std::strcmp(owner.abi, own.abi) != 0) refuse(own, owner);
        return {owner.record, owner.table};
    }

    static Owner find_across_namespaces(const Owner& found) noexcept { return found; }

    /// Keeps the owner loaded for the life of the process.
    static void pin(const Owner& owner) noexcept { (void)module_of(owner.record, kPin); }

    /// Whether the object lies in a module.
    static bool contain(const void* object) noexcept {
        return module_of(object, kOnlyAsk) != nullptr;
    }

    static void at_fork(void (*)(), void (*)(), void (*)()) noexcept {}

  private:
    /// What the owner tells the others, of whatever version.
    struct Announcement {
        const char* abi;
        void* record;
        void* table;
    };
    using Place = std::atomic<const Announcement*>;

    static const Announcement& meet(const Announcement& own) noexcept {
        // The heap's address: other processes cannot know it, and so cannot take the name before.
        std::array<char, 80> name;
        std::snprintf(name.data(), name.size(), "Local\\parking_lot_1_%lx_%" PRIxPTR,
                      ::GetCurrentProcessId(),
                      reinterpret_cast<std::uintptr_t>(::GetProcessHeap()));
        void* const memory = ::CreateFileMappingA(reinterpret_cast<void*>(kNoFile), nullptr,
                                                  kReadWrite, 0, sizeof(Place), name.data());
        if (memory == nullptr) return stay_alone(own, ::GetLastError());
        void* const view = ::MapViewOfFile(memory, kWrite, 0, 0, sizeof(Place));
        if (view == nullptr) {
            const unsigned long error = ::GetLastError();
            ::CloseHandle(memory);
            return stay_alone(own, error);
        }
        // New memory is zero, which is a null pointer. acq_rel: `own` is written before it is seen,
        // and the owner's before it is read.
        const Announcement* owner = nullptr;
        const bool is_first = static_cast<Place*>(view)->compare_exchange_strong(
            owner, &own, std::memory_order_acq_rel);
        ::UnmapViewOfFile(view);
        if (is_first) return own;  // and the handle stays open, for others to find the memory
        ::CloseHandle(memory);
        return *owner;
    }

    static const Announcement& stay_alone(const Announcement& own, unsigned long error) noexcept {
        std::fprintf(stderr,
                     "parking_lot: error %lu in shared memory: what %s locks must not be used by "
                     "other modules of this process\n",
                     error, path_of(own).data());
        return own;
    }

    [[noreturn]] PARKING_LOT_COLD static void refuse(const Announcement& own,
                                                     const Announcement& owner) noexcept {
        std::fprintf(stderr,
                     "parking_lot: %s was built with parking_lot ABI %s, but %s with ABI %s; build "
                     "the whole program with one version of parking_lot and the same PARKING_LOT_* "
                     "switches\n",
                     path_of(own).data(), own.abi, path_of(owner).data(), owner.abi);
        std::fflush(stderr);
        std::abort();
    }

    static std::array<char, 512> path_of(const Announcement& module) noexcept {
        std::array<char, 512> path{"a module"};
        // What does not fit is cut off.
        ::GetModuleFileNameA(module_of(module.record, kOnlyAsk), path.data(), path.size());
        return path;
    }

    /// The module that the object lies in; null if unknown.
    static PARKING_LOT_HMODULE module_of(const void* object, unsigned long what) noexcept {
        PARKING_LOT_HMODULE module = nullptr;
        ::GetModuleHandleExA(kFromAddress | what, static_cast<const char*>(object), &module);
        return module;
    }

    // The names that <windows.h> has for these are macros.
    static constexpr std::intptr_t kNoFile = -1;      // INVALID_HANDLE_VALUE
    static constexpr unsigned long kReadWrite = 4;    // PAGE_READWRITE
    static constexpr unsigned long kWrite = 2;        // FILE_MAP_WRITE, which can be read, too
    static constexpr unsigned long kPin = 1;          // GET_MODULE_HANDLE_EX_FLAG_PIN
    static constexpr unsigned long kOnlyAsk = 2;      // ..._UNCHANGED_REFCOUNT
    static constexpr unsigned long kFromAddress = 4;  // ..._FROM_ADDRESS
};

using Modules = PeModules;

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
