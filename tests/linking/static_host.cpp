// SPDX-License-Identifier: MIT
// A static executable, which is its own and only module: locks, heating, fork, and locks used
// before main and after it.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "contention.hpp"
#include "module.hpp"

namespace {

constinit parking_lot::RawMutex lock;
long counter = 0;

void count() { kThisModule.count_up(&lock, &counter, 1); }

[[gnu::constructor(102)]] void first_constructor() { count(); }

/// After all other code of the program.
[[gnu::destructor(102)]] void last_destructor() {
    count();
    if (counter != 3) ::_exit(1);
}

int use_locks() {
    contend({kThisModule});
    return 0;
}

}  // namespace

int main() {
    std::atexit(count);
    require((kThisModule.epoch() & parking_lot::detail::kNeedsRmw) == 0,
            "locks unlock by plain store");
    contend({kThisModule, kThisModule});
    // Threads that wait for the lock do not exist in the child.
    lock.lock();
    std::thread waiting{kThisModule.count_up, &lock, &counter, 1};
    while (kThisModule.parked_at(&lock) != 1) std::this_thread::yield();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(kThisModule.parked_at(&lock) == 0 ? use_locks() : 2);
    lock.unlock();
    waiting.join();
    --counter;
    int status = 0;
    require(child > 0 && ::waitpid(child, &status, 0) == child && status == 0,
            "a forked child starts with an empty table");
}
