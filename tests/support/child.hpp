// SPDX-License-Identifier: MIT
// Running part of a test in a forked child, whose changes to the process do not outlive it.
#pragma once

#include <gtest/gtest.h>

#if __has_include(<sys/wait.h>) && !defined(__EMSCRIPTEN__)  // where fork() fails
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#else
#include <cstdlib>
#endif
#if defined(__linux__)
#include <sys/prctl.h>
#endif

/// The first line of a test that forks.
#define SKIP_WITHOUT_FORK() \
    if (!::parking_lot::test::kCanFork) GTEST_SKIP() << "this system has no fork"

#include <cerrno>

namespace parking_lot::test {

/// What a child process exits with that could not be started or was killed.
inline constexpr int kChildFailed = 255;

#if __has_include(<sys/wait.h>) && !defined(__EMSCRIPTEN__)  // where fork() fails

inline constexpr bool kCanFork = true;

/// Forks and runs `function() -> int` in the child. The child leaves by _exit with what it returns.
template <class Function>
[[nodiscard]] pid_t start_child(Function&& function) {
    const pid_t child = ::fork();
    if (child != 0) return child;
#if defined(__linux__)
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // so that a child that hangs ends with the test
#endif
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

#else

inline constexpr bool kCanFork = false;

// So that tests compile which skip themselves.
template <class Function>
[[nodiscard]] int start_child(Function&& function) {
    std::exit(function());
}
[[nodiscard]] inline int exit_code_of(int) { return kChildFailed; }

#endif

/// The exit code of a child that runs `function() -> int`.
template <class Function>
[[nodiscard]] int run_in_child(Function&& function) {
    return exit_code_of(start_child(function));
}

}  // namespace parking_lot::test
