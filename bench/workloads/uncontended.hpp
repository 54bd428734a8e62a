// SPDX-License-Identifier: MIT
// Lock and unlock on one thread, and the least that such a pair can cost.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "harness/small_threads.hpp"
#include "harness/stats.hpp"
#include "harness/ticks.hpp"
#include "peers/peer.hpp"

namespace bench {

/// Makes the compiler believe that anyone may look at `object`.
template <class T>
void escape(T& object) {
    asm volatile("" : : "r"(&object) : "memory");
}

/// Median over some stretches of the nanoseconds of one call of `many(count)` per count.
template <class Many>
double nanoseconds_each(unsigned stretches, const Many& many) {
    constexpr std::uint64_t kCount = 100'000;
    many(kCount / 10);
    std::vector<double> times;
    for (unsigned i = 0; i < stretches; ++i) {
        const std::uint64_t start = ticks();
        many(kCount);
        times.push_back(static_cast<double>(ticks() - start) / static_cast<double>(kCount));
    }
    return median(std::move(times)) * nanoseconds_per_tick();
}

template <class Lock>
void lock_and_unlock(Lock& lock, std::uint64_t pairs) {
    escape(lock);
    for (std::uint64_t i = 0; i < pairs; ++i) {
        lock.lock();
        lock.unlock();
    }
}

/// Of a lock() and an unlock() of a new lock.
template <class Lock>
double nanoseconds_of_pair(unsigned stretches) {
    Lock lock;
    return nanoseconds_each(stretches, [&](auto n) { lock_and_unlock(lock, n); });
}

/// A readers-writer lock's other pair.
template <SharedPeer Lock>
class ForReading {
  public:
    void lock() { lock_.lock_shared(); }
    void unlock() { lock_.unlock_shared(); }

  private:
    Lock lock_;
};

/// A lock that this thread holds already, and so locks again.
template <Peer Lock>
class Nested {
  public:
    Nested() { lock_.lock(); }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    ~Nested() { lock_.unlock(); }

    void lock() { lock_.lock(); }
    void unlock() { lock_.unlock(); }

  private:
    Lock lock_;
};

/// Calls that find the work done.
template <OncePeer Once>
double nanoseconds_of_done_call(unsigned stretches) {
    Once once;
    return nanoseconds_each(stretches, [&](std::uint64_t count) {
        escape(once);
        for (std::uint64_t i = 0; i < count; ++i) once.call([&] { escape(once); });
    });
}

/// Lets a thread park on the lock once.
template <class Lock>
void contend_once(Lock& lock) {
    lock.lock();
    SmallThreads waiter;
    waiter.start([&] {
        lock.lock();
        lock.unlock();
    });
    waiter.wait_until_asleep();
    lock.unlock();
}

/// The limit: one compare-and-swap to lock, one plain store to unlock. Not a lock that can sleep.
/// Some processors forward a store to the next locked operation for words but not for bytes.
template <class State>
class CasAndStore {
  public:
    void lock() {
        State free = 0;
        while (!state_.compare_exchange_strong(free, 1, std::memory_order_acquire,
                                               std::memory_order_relaxed)) {
            free = 0;
        }
    }
    void unlock() { state_.store(0, std::memory_order_release); }

  private:
    std::atomic<State> state_{0};
};

}  // namespace bench
