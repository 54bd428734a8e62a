// SPDX-License-Identifier: MIT
// A sandbox that refuses a system call, as container runtimes do.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace parking_lot::test {

/// From now on a system call fails with `error` in this thread, in those it starts and in what they
/// execute. False where filters are not allowed.
[[nodiscard]] inline bool forbid(std::uint32_t system_call, std::uint16_t error) noexcept {
    sock_filter program[] = {
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, system_call},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    };
    const sock_fprog filter{4, program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

[[nodiscard]] inline bool forbid_membarrier() noexcept { return forbid(SYS_membarrier, EPERM); }

}  // namespace parking_lot::test
