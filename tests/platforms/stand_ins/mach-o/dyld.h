// SPDX-License-Identifier: MIT
// Stands in for the header of macOS: what the library uses of it.
#pragma once

#include <mach-o/loader.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t _dyld_image_count(void);
const struct mach_header* _dyld_get_image_header(uint32_t index);
const char* _dyld_get_image_name(uint32_t index);

#ifdef __cplusplus
}
#endif
