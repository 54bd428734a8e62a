// SPDX-License-Identifier: MIT
// What it costs a thread to wake one of very many parked ones.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <random>
#include <vector>

#include "harness/small_threads.hpp"
#include "harness/stats.hpp"
#include "harness/ticks.hpp"
#include "peers/ours.hpp"

namespace bench {

/// Whether all wait at one address or each at its own, and in which order those are woken.
///
/// Random order is told apart because it is the kernel that is slow there: since Linux 6.16 a
/// process has a futex hash of its own, with few slots (prctl PR_FUTEX_HASH), whose chains hold all
/// sleepers and are searched from the oldest.
enum class Place { Same, OwnOldestFirst, OwnRandomly };

/// Something to park at or to lock, as far from the next one as in a program.
template <class T>
struct alignas(64) Apart {
    T object{};
};

/// Starts `count` threads that run `body(i)` and go to sleep, nearly in this order.
template <class Body>
void start_sleepers(SmallThreads& threads, unsigned count, const Body& body) {
    constexpr unsigned kAtOnce = 64;
    for (unsigned i = 0; i < count; ++i) {
        threads.start([body, i] { body(i); });
        if ((i + 1) % kAtOnce == 0) threads.wait_until_asleep(i + 1 - kAtOnce);
    }
    threads.wait_until_asleep();
}

/// Threads that wait for locks held by the caller; the median time of an unlock that wakes one.
///
/// On one lock the unlocks form a chain: each woken thread times its own unlock and ends. On locks
/// of their own the caller unlocks one after the other.
template <Peer Lock>
double unlock_ticks(unsigned waiters, Place place) {
    const unsigned lock_count = place == Place::Same ? 1 : waiters;
    std::vector<Apart<Lock>> locks(lock_count);
    std::vector<double> ticks_of(waiters);
    for (auto& lock : locks) lock.object.lock();
    const auto timed_unlock = [](Lock& lock) {
        const std::uint64_t start = ticks();
        lock.unlock();
        return static_cast<double>(ticks() - start);
    };
    {
        SmallThreads threads;
        start_sleepers(threads, waiters, [&](unsigned i) {
            Lock& lock = locks[i % lock_count].object;
            lock.lock();
            const double time = timed_unlock(lock);
            if (place == Place::Same) ticks_of[i] = time;
        });
        for (unsigned i = 0; i < lock_count; ++i) {
            const double time = timed_unlock(locks[i].object);
            if (place != Place::Same) ticks_of[i] = time;
        }
    }
    return median(std::move(ticks_of));
}

/// Parking by the library's core.
struct CoreParking {
    using Address = char;

    template <class BeforeSleep>
    static void park(Address& address, const std::atomic<bool>& over, BeforeSleep before_sleep) {
        (void)parking_lot::core::park(
            &address, [&]() noexcept { return !over.load(); }, before_sleep,
            [](const void*, bool) noexcept {});
    }
    static void wake_one(Address& address) {
        parking_lot::core::unpark_one(&address, [](parking_lot::core::UnparkResult) noexcept {
            return parking_lot::core::UnparkToken{};
        });
    }
    static void wake_all(Address& address) { parking_lot::core::unpark_all(&address); }
};

/// Bare futexes: what the kernel's part of a wake costs.
struct FutexParking {
    using Address = std::atomic<std::uint32_t>;

    template <class BeforeSleep>
    static void park(Address& address, const std::atomic<bool>&, BeforeSleep before_sleep) {
        before_sleep();
        syscall(SYS_futex, &address, FUTEX_WAIT_PRIVATE, 0, nullptr);
    }
    static void wake_one(Address& address) { syscall(SYS_futex, &address, FUTEX_WAKE_PRIVATE, 1); }
    static void wake_all(Address& address) {
        address = 1;
        syscall(SYS_futex, &address, FUTEX_WAKE_PRIVATE, INT_MAX);
    }
};

/// Parked threads, woken one at a time by one thread that never sleeps; each parks again before the
/// next is woken, so their number stays the same.
template <class Parking>
class ParkedCrowd {
  public:
    ParkedCrowd(unsigned waiters, Place place)
        : place_{place}, addresses_(place == Place::Same ? 1 : waiters) {
        start_sleepers(threads_, waiters, [this](unsigned i) {
            park_until_over(addresses_[i % addresses_.size()].object);
        });
    }
    ParkedCrowd(const ParkedCrowd&) = delete;
    ParkedCrowd& operator=(const ParkedCrowd&) = delete;
    ~ParkedCrowd() {
        over_ = true;
        for (auto& address : addresses_) Parking::wake_all(address.object);
    }

    /// Median ticks of the call that wakes one.
    double wake_ticks(unsigned wakes) {
        std::minstd_rand random;
        std::vector<double> times;
        for (unsigned i = 0; i < wakes; ++i) {
            const std::size_t chosen = place_ == Place::OwnRandomly ? random() : i;
            Address& address = addresses_[chosen % addresses_.size()].object;
            const std::uint64_t before = parks_.load();
            const std::uint64_t start = ticks();
            Parking::wake_one(address);
            times.push_back(static_cast<double>(ticks() - start));
            while (parks_.load() == before) std::this_thread::yield();
        }
        return median(std::move(times));
    }

  private:
    using Address = typename Parking::Address;

    void park_until_over(Address& address) {
        while (!over_) Parking::park(address, over_, [this]() noexcept { parks_.fetch_add(1); });
    }

    Place place_;
    std::vector<Apart<Address>> addresses_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> parks_{0};
    SmallThreads threads_;
};

}  // namespace bench
