// SPDX-License-Identifier: MIT
// Stands in for the header of macOS 14.4: what the library uses of it.
#pragma once

#include <os/clock.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OS_SYNC_WAIT_ON_ADDRESS_NONE = 0 };
typedef uint32_t os_sync_wait_on_address_flags_t;
enum { OS_SYNC_WAKE_BY_ADDRESS_NONE = 0 };
typedef uint32_t os_sync_wake_by_address_flags_t;

int os_sync_wait_on_address(void* address, uint64_t value, size_t size,
                            os_sync_wait_on_address_flags_t flags);
int os_sync_wait_on_address_with_timeout(void* address, uint64_t value, size_t size,
                                         os_sync_wait_on_address_flags_t flags, os_clockid_t clock,
                                         uint64_t nanoseconds);
int os_sync_wake_by_address_any(void* address, size_t size, os_sync_wake_by_address_flags_t flags);
int os_sync_wake_by_address_all(void* address, size_t size, os_sync_wake_by_address_flags_t flags);

#ifdef __cplusplus
}
#endif
