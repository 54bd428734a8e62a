// SPDX-License-Identifier: MIT
// Stands in for the header of macOS: what the library uses of it.
#pragma once

#include <stdint.h>

#define MH_EXECUTE 2

struct mach_header {
    uint32_t magic;
};

struct mach_header_64 {
    uint32_t magic;
    int32_t cputype;
    int32_t cpusubtype;
    uint32_t filetype;
    uint32_t ncmds;
    uint32_t sizeofcmds;
    uint32_t flags;
    uint32_t reserved;
};
