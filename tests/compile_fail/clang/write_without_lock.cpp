// SPDX-License-Identifier: MIT
// Data that is guarded by a raw lock is written without it.
// expect: requires holding mutex 'lock' exclusively
#include <chrono>

#include "parking_lot/parking_lot.hpp"

template <class Raw>
class Account {
  public:
    void waits() {
        lock.lock();
        ++balance;
        lock.unlock();
    }
    void tries() {
        if (!lock.try_lock()) return;
        ++balance;
        lock.unlock_fair();
    }
    void tries_for() {
        if (lock.try_lock_for(std::chrono::seconds{1})) {
            ++balance;
            lock.unlock();
        }
        if (lock.try_lock_until(std::chrono::system_clock::now())) {
            ++balance;
            lock.bump();
            lock.unlock();
        }
    }
#if defined(MUST_FAIL)
    void forgets() { ++balance; }
#endif

  private:
    Raw lock;
    int balance __attribute__((guarded_by(lock))) = 0;
};

template class Account<parking_lot::RawMutex>;
template class Account<parking_lot::RawFairWordMutex>;
template class Account<parking_lot::RawReentrantMutex>;
template class Account<parking_lot::RawRwLock>;
