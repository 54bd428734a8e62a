// SPDX-License-Identifier: MIT
// What QEMU cannot do that runs a program of another architecture.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

/// The first line of a test whose forked child starts threads while the parent has some.
#define SKIP_WITHOUT_THREADS_IN_CHILD()     \
    if (::parking_lot::test::is_emulated()) \
    GTEST_SKIP() << "QEMU cannot start threads in the forked child of a process with threads"

/// The first line of a test that executes this program anew.
#define SKIP_WITHOUT_EXECUTING() \
    if (::parking_lot::test::is_emulated()) GTEST_SKIP() << "QEMU cannot execute this program"

namespace parking_lot::test {

/// Whether this program is run by QEMU: the toolchain file says so.
inline bool is_emulated() { return std::getenv("PARKING_LOT_TEST_EMULATED") != nullptr; }

/// For death tests: has them run in a program that was executed anew, or else in a forked child.
inline const char* death_test_style() { return is_emulated() ? "fast" : "threadsafe"; }

}  // namespace parking_lot::test
