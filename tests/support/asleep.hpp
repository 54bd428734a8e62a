// SPDX-License-Identifier: MIT
// Waiting until another thread sleeps in the kernel.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "support/threads.hpp"

namespace parking_lot::test {

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

}  // namespace parking_lot::test
