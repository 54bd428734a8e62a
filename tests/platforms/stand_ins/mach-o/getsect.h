// SPDX-License-Identifier: MIT
// Stands in for the header of macOS: what the library uses of it.
#pragma once

#include <mach-o/loader.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint8_t* getsectiondata(const struct mach_header_64* image, const char* segment,
                        const char* section, unsigned long* size);

#ifdef __cplusplus
}
#endif
