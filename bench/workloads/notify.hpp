// SPDX-License-Identifier: MIT
// Condition variables at work: a ball between two threads, a bounded queue, a herd that waits.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>

#include "harness/crew.hpp"
#include "harness/small_threads.hpp"
#include "harness/ticks.hpp"
#include "peers/peer.hpp"
#include "workloads/contended.hpp"

namespace bench {

/// Whether a thread notifies others before it unlocks, or after.
enum class Notify { Locked, Unlocked };

template <Peer Mutex, class Notification>
void unlock_and_notify(Mutex& mutex, Notify when, const Notification& notify) {
    if (when == Notify::Locked) notify();
    mutex.unlock();
    if (when == Notify::Unlocked) notify();
}

/// Two threads that take turns.
template <CondvarPeer Condvar>
class PingPong {
  public:
    explicit PingPong(Notify when) : when_{when} {}

    /// Waits for the ball, and plays it back.
    unsigned step(unsigned me) {
        mutex_.lock();
        while (turn_ != me && !over_) condvar_.wait(mutex_);
        turn_ = 1 - me;
        unlock_and_notify(mutex_, when_, [this] { condvar_.notify_one(); });
        return 1;
    }

    void end() {
        mutex_.lock();
        over_ = true;
        unlock_and_notify(mutex_, when_, [this] { condvar_.notify_all(); });
    }

  private:
    alignas(128) typename Condvar::Mutex mutex_;
    Condvar condvar_;
    unsigned turn_ = 0;
    bool over_ = false;
    Notify when_;
};

/// A queue of few places: threads with even numbers put items in, the others take them out.
template <CondvarPeer Condvar>
class BoundedQueue {
  public:
    BoundedQueue() = default;
    BoundedQueue(const BoundedQueue&) = delete;
    BoundedQueue& operator=(const BoundedQueue&) = delete;
    ~BoundedQueue() { check_exclusion(Condvar::kName, put_, taken_ + stored_); }

    /// Returns how many items went through.
    unsigned step(unsigned index) {
        const bool puts = index % 2 == 0;
        const unsigned blocked = puts ? kCapacity : 0;
        mutex_.lock();
        while (stored_ == blocked && !over_) (puts ? not_full_ : not_empty_).wait(mutex_);
        const bool goes = stored_ != blocked;
        if (goes && puts) ++stored_, ++put_;
        if (goes && !puts) --stored_, ++taken_;
        mutex_.unlock();
        (puts ? not_empty_ : not_full_).notify_one();
        return goes && !puts ? 1 : 0;
    }

    void end() {
        mutex_.lock();
        over_ = true;
        mutex_.unlock();
        not_full_.notify_all();
        not_empty_.notify_all();
    }

  private:
    static constexpr unsigned kCapacity = 16;

    alignas(128) typename Condvar::Mutex mutex_;
    Condvar not_full_;
    Condvar not_empty_;
    unsigned stored_ = 0;
    bool over_ = false;
    std::uint64_t put_ = 0;
    std::uint64_t taken_ = 0;
};

struct TeamOutput {
    double ops_per_second;
    double switches_per_op;
};

/// Threads that call place.step(index), which waits for what others do. Who is through calls
/// place.end(), so that nobody waits for him.
template <class Place>
TeamOutput run_team(Place& place, unsigned threads, SteadyClock::duration length) {
    std::atomic<std::uint64_t> total{0};
    const ShiftCost cost = run_crew(threads, length, [&](unsigned index, Shift& shift) {
        total += shift.work([&] { return place.step(index); });
        place.end();
    });
    const auto ops = static_cast<double>(total);
    return {ops / cost.seconds, ops > 0 ? cost.switches / ops : 0};
}

/// Threads that wait for a signal, again and again.
template <CondvarPeer Condvar>
class Herd {
  public:
    struct Rush {
        double ticks;                // from before the lock for the signal until all are through
        double switches_per_waiter;  // until all wait again: one, if each wakes once
    };

    explicit Herd(unsigned size) : size_{size} {
        try {
            for (unsigned i = 0; i < size; ++i) threads_.start([this] { follow_signals(); });
        } catch (...) {
            end();
            throw;
        }
        // From then on there is one place where they sleep.
        while (present_.load() != size) std::this_thread::yield();
    }
    Herd(const Herd&) = delete;
    Herd& operator=(const Herd&) = delete;
    ~Herd() { end(); }

    Rush signal(Notify when) {
        threads_.wait_until_asleep();
        const double switches_before = switches_of_herd();
        last_through_ = 0;
        const std::uint64_t start = ticks();
        mutex_.lock();
        through_ = 0;
        ++signal_;
        unlock_and_notify(mutex_, when, [this] { condvar_.notify_all(); });
        last_through_.wait(0);
        threads_.wait_until_asleep();
        return {static_cast<double>(last_through_.load() - start),
                (switches_of_herd() - switches_before) / size_};
    }

  private:
    static double switches_of_herd() {
        return context_switches() - context_switches(RUSAGE_THREAD);
    }

    void end() {
        mutex_.lock();
        over_ = true;
        mutex_.unlock();
        condvar_.notify_all();
    }

    void follow_signals() {
        mutex_.lock();
        ++present_;
        for (unsigned seen = 0; !over_; seen = signal_) {
            while (signal_ == seen && !over_) condvar_.wait(mutex_);
            if (++through_ == size_) {
                last_through_ = ticks();
                last_through_.notify_one();
            }
        }
        mutex_.unlock();
    }

    alignas(128) typename Condvar::Mutex mutex_;
    Condvar condvar_;
    unsigned size_;
    unsigned signal_ = 0;
    unsigned through_ = 0;
    bool over_ = false;
    std::atomic<unsigned> present_{0};
    std::atomic<std::uint64_t> last_through_{0};
    SmallThreads threads_;
};

}  // namespace bench
