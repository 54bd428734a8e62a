// SPDX-License-Identifier: MIT
// Waiting until another thread sleeps in the kernel.
#pragma once

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>
#else
#include <chrono>
#include <thread>
#endif

#include "support/threads.hpp"

namespace parking_lot::test {

#if defined(__linux__)

/// The number by which the kernel knows the calling thread.
inline int thread_number() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }

/// Returns once the kernel has seen this thread sleep.
inline void wait_until_asleep(int thread) {
    const std::string path = "/proc/self/task/" + std::to_string(thread) + "/stat";
    wait_until([&]() {
        std::ifstream file{path};
        std::string line;
        std::getline(file, line);
        // The state is the letter after the name, which is in parentheses.
        const std::size_t end_of_name = line.rfind(") ");
        return end_of_name != std::string::npos && line[end_of_name + 2] == 'S';
    });
}

#else

// Elsewhere threads are given the time to fall asleep. One that has not yet makes a test show less,
// not fail.
inline int thread_number() noexcept { return 1; }
inline void wait_until_asleep(int) { std::this_thread::sleep_for(std::chrono::milliseconds{20}); }

#endif

}  // namespace parking_lot::test
