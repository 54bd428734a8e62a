// SPDX-License-Identifier: MIT
// Stands in for the header of FreeBSD: what the library uses of it.
#pragma once

#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define UMTX_OP_WAIT_UINT_PRIVATE 15
#define UMTX_OP_WAKE_PRIVATE 16
#define UMTX_ABSTIME 1

struct _umtx_time {
    struct timespec _timeout;
    uint32_t _flags;
    uint32_t _clockid;
};

int _umtx_op(void* object, int operation, unsigned long value, void* size, void* until);

#ifdef __cplusplus
}
#endif
