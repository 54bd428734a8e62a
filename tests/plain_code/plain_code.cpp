// SPDX-License-Identifier: MIT
// Functions that use plain locks. Compiled with and without the headers of metered locks, which
// must make no difference.
#if WITH_METERED
#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#endif
#include "parking_lot/condvar.hpp"
#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "parking_lot/rwlock.hpp"

using namespace parking_lot;

extern "C" {

void plain_mutex(Mutex<int>& mutex);
void plain_mutex(Mutex<int>& mutex) {
    const auto guard = mutex.lock();
    ++*guard;
}

bool plain_mutex_timed(Mutex<int>& mutex, Deadline deadline);
bool plain_mutex_timed(Mutex<int>& mutex, Deadline deadline) {
    return mutex.raw().try_lock_until(deadline);
}

void plain_fair_mutex(FairMutex<int>& mutex);
void plain_fair_mutex(FairMutex<int>& mutex) {
    auto guard = mutex.lock();
    guard.bump();
    ++*guard;
}

void plain_reentrant_mutex(ReentrantMutex<int>& mutex);
void plain_reentrant_mutex(ReentrantMutex<int>& mutex) { (void)mutex.lock(); }

int plain_read(const RwLock<int>& lock);
int plain_read(const RwLock<int>& lock) {
    const auto guard = lock.read();
    return *guard;
}

void plain_write(RwLock<int>& lock);
void plain_write(RwLock<int>& lock) {
    const auto guard = lock.write();
    ++*guard;
}

void plain_upgrade(RwLock<int>& lock);
void plain_upgrade(RwLock<int>& lock) {
    lock.upgradable_read().with_upgraded([](int& data) { ++data; });
}

void plain_wait(Condvar& condition, Mutex<int>& mutex);
void plain_wait(Condvar& condition, Mutex<int>& mutex) {
    auto guard = mutex.lock();
    condition.wait(guard);
    condition.notify_all();
}
}
