// SPDX-License-Identifier: MIT
// Its constructor runs before the executable's, so its fork handlers are registered before what the
// executable does. The library must still be in order in the child when they run there.
#include "fork_handlers.hpp"

#include <pthread.h>

#include <thread>

#include "support/threads.hpp"

namespace {

constinit parking_lot::RawMutex lock;

void before_fork() {
    lock.lock();
    parking_lot::test::wait_for_parked(&lock, 2);
}

void after_fork_in_parent() { lock.unlock(); }

/// Nobody who waited exists here: handing the lock to one of them would lose it.
void after_fork_in_child() {
    lock.unlock_fair();
    lock.lock();
    lock.unlock();
}

[[gnu::constructor]] void register_handlers() {
    ::pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

}  // namespace

parking_lot::RawMutex& lock_held_across_fork() { return lock; }
