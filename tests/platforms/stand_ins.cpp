// SPDX-License-Identifier: MIT
// The calls that other systems have for sleeping on a word, made of Linux's futex, so that our code
// for those systems can run here. They are as strict about their arguments as the manuals say.
#include <emscripten/threading.h>
#include <linux/futex.h>
#include <os/os_sync_wait_on_address.h>
#include <sys/syscall.h>
#include <sys/umtx.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace {

long futex(const volatile void* address, int operation, std::uint64_t value,
           const timespec* limit) {
    return ::syscall(SYS_futex, address, operation | FUTEX_PRIVATE_FLAG,
                     static_cast<std::uint32_t>(value), limit, nullptr, FUTEX_BITSET_MATCH_ANY);
}

timespec to_timespec(std::uint64_t nanoseconds) {
    timespec result{};
    result.tv_sec = static_cast<time_t>(nanoseconds / 1'000'000'000);
    result.tv_nsec = static_cast<long>(nanoseconds % 1'000'000'000);
    return result;
}

/// An argument that the system would not take.
int invalid() {
    errno = EINVAL;
    return -1;
}

}  // namespace

// macOS: a word that differs is no error; nobody to wake is one.

int os_sync_wait_on_address_with_timeout(void* address, uint64_t value, size_t size,
                                         os_sync_wait_on_address_flags_t flags, os_clockid_t clock,
                                         uint64_t nanoseconds) {
    if (size != 4 || flags != OS_SYNC_WAIT_ON_ADDRESS_NONE || nanoseconds == 0) return invalid();
    if (clock != OS_CLOCK_MACH_ABSOLUTE_TIME) return invalid();
    const timespec limit = to_timespec(nanoseconds);
    return futex(address, FUTEX_WAIT, value, &limit) == -1 && errno != EAGAIN ? -1 : 0;
}

int os_sync_wait_on_address(void* address, uint64_t value, size_t size,
                            os_sync_wait_on_address_flags_t flags) {
    if (size != 4 || flags != OS_SYNC_WAIT_ON_ADDRESS_NONE) return invalid();
    return futex(address, FUTEX_WAIT, value, nullptr) == -1 && errno != EAGAIN ? -1 : 0;
}

static int os_sync_wake(void* address, size_t size, os_sync_wake_by_address_flags_t flags,
                        int count) {
    if (size != 4 || flags != OS_SYNC_WAKE_BY_ADDRESS_NONE) return invalid();
    if (futex(address, FUTEX_WAKE, static_cast<std::uint64_t>(count), nullptr) > 0) return 0;
    errno = ENOENT;
    return -1;
}

int os_sync_wake_by_address_any(void* address, size_t size, os_sync_wake_by_address_flags_t flags) {
    return os_sync_wake(address, size, flags, 1);
}

int os_sync_wake_by_address_all(void* address, size_t size, os_sync_wake_by_address_flags_t flags) {
    return os_sync_wake(address, size, flags, INT_MAX);
}

// FreeBSD: a word that differs is no error.

int _umtx_op(void* object, int operation, unsigned long value, void* size, void* until) {
    if (operation == UMTX_OP_WAKE_PRIVATE) {
        return futex(object, FUTEX_WAKE, value, nullptr) == -1 ? -1 : 0;
    }
    if (operation != UMTX_OP_WAIT_UINT_PRIVATE) return invalid();
    const timespec* limit = nullptr;
    if (until != nullptr) {
        const auto* const time = static_cast<const _umtx_time*>(until);
        if (reinterpret_cast<std::uintptr_t>(size) != sizeof(*time)) return invalid();
        if (time->_flags != UMTX_ABSTIME || time->_clockid != CLOCK_MONOTONIC) return invalid();
        limit = &time->_timeout;
    }
    return futex(object, FUTEX_WAIT_BITSET, value, limit) == -1 && errno != EAGAIN ? -1 : 0;
}

// Emscripten: returns the negative error.

int emscripten_futex_wait(volatile void* address, uint32_t value, double milliseconds) {
    if (std::isnan(milliseconds)) return -EINVAL;
    const bool for_ever = std::isinf(milliseconds);
    const timespec limit =
        for_ever ? timespec{} : to_timespec(static_cast<std::uint64_t>(milliseconds * 1e6));
    return futex(address, FUTEX_WAIT, value, for_ever ? nullptr : &limit) == -1 ? -errno : 0;
}

int emscripten_futex_wake(volatile void* address, int count) {
    if (count < 0) return -EINVAL;
    return static_cast<int>(futex(address, FUTEX_WAKE, static_cast<std::uint64_t>(count), nullptr));
}
