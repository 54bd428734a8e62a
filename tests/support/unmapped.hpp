// SPDX-License-Identifier: MIT
// An address where there is no memory.
#pragma once

#if defined(_WIN32)
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace parking_lot::test {

/// Where a page was until it was given back. Null if there was none to be had.
inline void* unmapped_page() noexcept {
#if defined(_WIN32)
    void* const page = ::VirtualAlloc(nullptr, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    return page != nullptr && ::VirtualFree(page, 0, MEM_RELEASE) != 0 ? page : nullptr;
#else
    void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page != MAP_FAILED && ::munmap(page, 4096) == 0 ? page : nullptr;
#endif
}

}  // namespace parking_lot::test
