// SPDX-License-Identifier: MIT
// Running part of a test in a forked child, whose changes to the process do not outlive it.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace parking_lot::test {

/// What a child process exits with that could not be started or was killed.
inline constexpr int kChildFailed = 255;

/// Forks and runs `function() -> int` in the child. The child leaves by _exit with what it returns.
template <class Function>
[[nodiscard]] pid_t start_child(Function&& function) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // so that a child that hangs ends with the test
    ::_exit(function());
}

/// The exit code of a child. Waits for its end.
[[nodiscard]] inline int exit_code_of(pid_t child) {
    if (child <= 0) return kChildFailed;
    int status = 0;
    pid_t ended = 0;
    do {
        ended = ::waitpid(child, &status, 0);
    } while (ended == -1 && errno == EINTR);
    if (ended != child) return kChildFailed;
    return WIFEXITED(status) ? WEXITSTATUS(status) : kChildFailed;
}

/// The exit code of a child that runs `function() -> int`.
template <class Function>
[[nodiscard]] int run_in_child(Function&& function) {
    return exit_code_of(start_child(function));
}

}  // namespace parking_lot::test
