// SPDX-License-Identifier: MIT
// ElfModules: finds the module (executable or shared library) whose table the process uses.
#pragma once

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/elf_config_guard.hpp"

// The note: how the modules of a process find each other whatever the visibility of their symbols
// and the scope they were loaded into. Its descriptor has the addresses of the module's record and
// table relative to themselves, so that no relocation is needed to read them, and the ABI's name.
//
// Weak and .ifndef: LTO either joins the asm of all translation units into one, or links them as
// objects whose groups are all kept. Hidden: another module's note must not be taken for this
// one's.
#if __SIZEOF_POINTER__ == 8
#define PARKING_LOT_POINTER ".quad "
#else
#define PARKING_LOT_POINTER ".long "
#endif
asm(".ifndef parking_lot_note\n"
    ".pushsection .note.parking_lot,\"aG\",%note,parking_lot_note,comdat\n"
    ".balign 4\n"
    ".weak parking_lot_note\n"
    ".hidden parking_lot_note\n"
    ".type parking_lot_note,%object\n"
    "parking_lot_note:\n"
    ".long 12\n"  // the length of the name, with its terminator
    ".long 2f - 1f\n"
    ".long 1\n"  // the type
    ".asciz \"parking_lot\"\n"
    "1:" PARKING_LOT_POINTER
    "parking_lot_module_record - .\n" PARKING_LOT_POINTER
    "parking_lot_module_table - .\n"
    ".asciz \"" PARKING_LOT_TEXT(PARKING_LOT_ABI) "\"\n"
    "2:\n"
    ".balign 4\n"
    ".size parking_lot_note, . - parking_lot_note\n"
    ".popsection\n"
    ".endif\n");
#undef PARKING_LOT_POINTER

// The names by which the note knows the record and the table.
#define PARKING_LOT_LINKED_AS(name) asm(name)

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail::platform {

[[gnu::visibility("hidden")]] extern const char kNote asm("parking_lot_note");

// Weak: before glibc 2.34 it is in another library, which is there in any process that loads
// modules.
[[gnu::weakref("dlsym")]] static void* weak_dlsym(void*, const char*);

/// The modules of this process, as the dynamic loader knows them. Asked at load time only: its lock
/// and ours must never be held together.
struct ElfModules {
    /// The module whose table all others use.
    struct Owner {
        void* record = nullptr;
        void* table = nullptr;
        const char* path = "";  // of the executable: none
        bool is_beside_executable = true;
    };

    /// The first module with a note: the executable, if it uses the library; else the one loaded
    /// first. So all modules agree. Aborts when one was built with another ABI than this one.
    PARKING_LOT_HIDDEN static Owner find_owner(void* own_record, void* own_table) noexcept {
        // Without a use --gc-sections would drop the note.
        asm volatile("" : : "r"(&kNote));
        Search search{.own_record = own_record};
        ::dl_iterate_phdr(
            [](dl_phdr_info* module, std::size_t, void* data) noexcept {
                static_cast<Search*>(data)->visit(*module);
                return 0;
            },
            &search);
        if (search.stranger_abi != nullptr) refuse(search);
        // A module whose notes were stripped off is on its own.
        if (search.owner.record == nullptr) return {own_record, own_table};
        return search.owner;
    }

    /// For modules that dlmopen has put into a namespace of their own, where find_owner() sees
    /// nothing else: the owner in the executable's namespace. Otherwise, or where there is none of
    /// this ABI, or the C library cannot tell: `found`.
    PARKING_LOT_HIDDEN static Owner find_across_namespaces(const Owner& found) noexcept {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 36)
        // Not asked for by dlmopen, which crashes in an auditing library: there the loader has not
        // set up the executable's namespace.
        const auto* const base = static_cast<const r_debug*>(find_function("_r_debug"));
        const auto info = reinterpret_cast<int (*)(void*, int, void*)>(find_function("dlinfo"));
        if (found.is_beside_executable || base == nullptr || info == nullptr) return found;
        Search search;
        // glibc's handles of modules are its list of them.
        for (link_map* place = base->r_map; place != nullptr; place = place->l_next) {
            dl_phdr_info module{};
            module.dlpi_addr = place->l_addr;
            module.dlpi_name = place->l_name;
            const int segments = info(place, RTLD_DI_PHDR, static_cast<void*>(&module.dlpi_phdr));
            module.dlpi_phnum = static_cast<ElfW(Half)>((std::max)(segments, 0));
            search.visit(module);
        }
        if (search.owner.record != nullptr && search.stranger_abi == nullptr) return search.owner;
#endif
        return found;
    }

    /// Keeps the owner loaded for the life of the process.
    PARKING_LOT_HIDDEN static void pin(const Owner& owner) noexcept {
        if (*owner.path == '\0') return;
        const auto open = reinterpret_cast<void* (*)(const char*, int)>(find_function("dlopen"));
        if (open != nullptr) (void)open(owner.path, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }

    /// Has `before` called before each fork, after all such handlers that are registered later, and
    /// `in_parent` or `in_child` after it, before those.
    PARKING_LOT_HIDDEN static void at_fork(void (*before)(), void (*in_parent)(),
                                           void (*in_child)()) noexcept {
        (void)::pthread_atfork(before, in_parent, in_child);
    }

  private:
    // The same for 32 and 64 bits. Its name is not: FreeBSD does not have that of others.
    struct NoteHeader {
        std::uint32_t name_size;
        std::uint32_t descriptor_size;
        std::uint32_t type;
    };

    struct Search {
        const void* own_record = nullptr;
        Owner owner{};
        bool sees_executable = false;
        const char* own_path = "";
        const char* stranger_path = "";
        const char* stranger_abi = nullptr;

        void visit(const dl_phdr_info& module) noexcept {
            if (*module.dlpi_name == '\0') sees_executable = true;
            for (std::size_t i = 0; i < module.dlpi_phnum; ++i) {
                const auto& segment = module.dlpi_phdr[i];
                if (segment.p_type != PT_NOTE) continue;
                // The alignment of the entries: 8 where the segment says so, else 4.
                const std::size_t align = segment.p_align == 8 ? 8 : 4;
                const auto* const start =
                    std::bit_cast<const char*>(module.dlpi_addr + segment.p_vaddr);
                visit_notes(module.dlpi_name, {start, segment.p_memsz}, align);
            }
        }

        void visit_notes(const char* path, std::string_view notes, std::size_t align) noexcept {
            NoteHeader header;
            while (notes.size() >= sizeof(header)) {
                std::memcpy(&header, notes.data(), sizeof(header));
                // So that the sums do not wrap in 32 bits.
                if ((std::max)(header.name_size, header.descriptor_size) > notes.size()) return;
                const std::size_t descriptor = round_up(sizeof(header) + header.name_size, align);
                const std::size_t end = descriptor + header.descriptor_size;
                if (end > notes.size()) return;
                if (notes.substr(sizeof(header), header.name_size) == kNoteName) {
                    found(path, header.type, notes.substr(descriptor, header.descriptor_size));
                }
                notes.remove_prefix((std::min)(round_up(end, align), notes.size()));
            }
        }

        void found(const char* path, std::size_t type, std::string_view descriptor) noexcept {
            constexpr std::size_t kAbiOffset = 2 * sizeof(std::intptr_t);
            if (type != kNoteType || descriptor.size() <= kAbiOffset || descriptor.back() != '\0') {
                stranger_path = path;
                stranger_abi = "(unknown, as its note has another layout)";
                return;
            }
            const char* const start = &descriptor.front();
            void* const record = target_of(start);
            void* const table = target_of(start + sizeof(std::intptr_t));
            const char* const abi = start + kAbiOffset;
            if (record == own_record) own_path = path;
            if (std::strcmp(abi, kAbi) != 0) {
                stranger_path = path;
                stranger_abi = abi;
            }
            // The loader lists the executable first.
            if (owner.record == nullptr) owner = {record, table, path, sees_executable};
        }
    };

    PARKING_LOT_HIDDEN static constexpr std::string_view kNoteName{"parking_lot",
                                                                   sizeof("parking_lot")};
    static constexpr std::size_t kNoteType = 1;
    static constexpr const char* kAbi = PARKING_LOT_TEXT(PARKING_LOT_ABI);

    /// A function of the loader, or null. Looked up at run time: the linker warns about every use
    /// of dlopen in a static executable.
    PARKING_LOT_HIDDEN static void* find_function(const char* name) noexcept {
        return weak_dlsym != nullptr ? weak_dlsym(RTLD_DEFAULT, name) : nullptr;
    }

    static constexpr std::size_t round_up(std::size_t size, std::size_t align) noexcept {
        return (size + align - 1) / align * align;
    }

    static void* target_of(const char* relative) noexcept {
        std::intptr_t distance = 0;
        std::memcpy(&distance, relative, sizeof(distance));
        return const_cast<char*>(relative) + distance;
    }

    [[noreturn]] PARKING_LOT_COLD PARKING_LOT_HIDDEN static void refuse(
        const Search& search) noexcept {
        std::array<char, 512> executable{"the executable"};
        // The loader knows no path for it. What does not fit, or is not Linux, keeps the words.
        const auto length = ::readlink("/proc/self/exe", executable.data(), executable.size() - 1);
        if (length > 0) executable[static_cast<std::size_t>(length)] = '\0';
        const auto name = [&](const char* path) {
            return *path != '\0' ? path : executable.data();
        };
        std::fprintf(stderr,
                     "parking_lot: %s was built with parking_lot ABI %s, but %s with ABI %s; build "
                     "the whole program with one version of parking_lot and the same PARKING_LOT_* "
                     "switches\n",
                     name(search.own_path), kAbi, name(search.stranger_path), search.stranger_abi);
        std::fflush(stderr);
        std::abort();
    }
};

using Modules = ElfModules;

}  // namespace detail::platform
}  // namespace parking_lot::inline PARKING_LOT_ABI
