// SPDX-License-Identifier: MIT
// Stands in for the header of macOS: what the library uses of it.
#pragma once

#include <stdint.h>

typedef uint32_t os_clockid_t;

#define OS_CLOCK_MACH_ABSOLUTE_TIME 32u
