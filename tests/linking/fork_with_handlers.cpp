// SPDX-License-Identifier: MIT
// Forks while threads contend for the lock that a shared library's fork handlers take and release.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "fork_handlers.hpp"
#include "support/threads.hpp"

namespace {

bool child_succeeds() {
    const pid_t child = ::fork();
    if (child == 0) {
        lock_held_across_fork().lock();
        lock_held_across_fork().unlock();
        ::_exit(parking_lot::test::parked_anywhere() == 0 ? 0 : 1);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main() {
    std::atomic<bool> stop{false};
    bool passed = true;
    {
        parking_lot::test::Threads threads;
        for (int i = 0; i < 3; ++i) {
            threads.start([&]() {
                while (!stop) {
                    lock_held_across_fork().lock();
                    lock_held_across_fork().unlock();
                }
            });
        }
        for (int i = 0; i < 6; ++i) passed = child_succeeds() && passed;
        stop = true;
    }
    if (!passed) std::fputs("FAILED: a forked child found the table in disorder\n", stderr);
    return passed ? 0 : 1;
}
