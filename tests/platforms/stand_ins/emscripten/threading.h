// SPDX-License-Identifier: MIT
// Stands in for the header of Emscripten: what the library uses of it.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int emscripten_futex_wait(volatile void* address, uint32_t value, double milliseconds);
int emscripten_futex_wake(volatile void* address, int count);

#ifdef __cplusplus
}
#endif
