// SPDX-License-Identifier: MIT
// Loading DLLs by the names that POSIX has for it, so that the linking tests' parts serve here,
// too.
#pragma once

#include <windows.h>

#include <bit>

inline constexpr int RTLD_LAZY = 0;
inline constexpr int RTLD_NOW = 0;
inline constexpr int RTLD_LOCAL = 0;
inline constexpr int RTLD_NOLOAD = 1;

/// Null unless the DLL at `path` could be loaded; with RTLD_NOLOAD, unless it was loaded already.
inline void* dlopen(const char* path, int mode) {
    if (mode != RTLD_NOLOAD) return ::LoadLibraryA(path);
    HMODULE module = nullptr;
    return ::GetModuleHandleExA(0, path, &module) != 0 ? module : nullptr;
}
inline void* dlsym(void* module, const char* name) {
    return std::bit_cast<void*>(::GetProcAddress(static_cast<HMODULE>(module), name));
}
inline int dlclose(void* module) { return ::FreeLibrary(static_cast<HMODULE>(module)) ? 0 : 1; }
