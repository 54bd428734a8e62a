// SPDX-License-Identifier: MIT
// What it costs a thread to wake one of very many parked ones.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
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
    for (unsigned first = 0; first < count; first += kAtOnce) {
        for (unsigned i = first; i < std::min(first + kAtOnce, count); ++i) {
            threads.start([body, i] { body(i); });
        }
        threads.wait_until_asleep(first);
    }
}

/// How many wakes are timed at most: few beside 10 000 waiters, so that their number hardly drops.
inline constexpr unsigned kTimedWakes = 500;

/// Threads that wait for locks held by the caller; the median time of an unlock that wakes one.
///
/// On one lock the unlocks form a chain: each woken thread times its own unlock and ends. On locks
/// of their own the caller unlocks one after the other, each when the thread woken before is done.
template <Peer Lock>
double unlock_ticks(unsigned waiters, Place place) {
    const OnOneProcessor pinned;
    const unsigned lock_count = place == Place::Same ? 1 : waiters;
    std::vector<Apart<Lock>> locks(lock_count);
    std::vector<double> times(waiters + 1);
    std::atomic<unsigned> served{0};
    for (auto& lock : locks) lock.object.lock();
    const auto timed_unlock = [](Lock& lock) {
        const std::uint64_t start = ticks();
        lock.unlock();
        return static_cast<double>(ticks() - start);
    };
    {
        SmallThreads threads;
        const auto wait_and_pass_on = [&](unsigned i) {
            Lock& lock = locks[i % lock_count].object;
            lock.lock();
            const unsigned turn = served.fetch_add(1) + 1;
            const double time = timed_unlock(lock);
            if (place == Place::Same) times[turn] = time;
        };
        try {
            start_sleepers(threads, waiters, wait_and_pass_on);
        } catch (...) {
            for (auto& lock : locks) lock.object.unlock();
            throw;
        }
        for (unsigned i = 0; i < lock_count; ++i) {
            times[i] = timed_unlock(locks[i].object);
            while (served.load() <= i) std::this_thread::yield();
        }
    }
    // The last of a chain finds nobody to wake.
    times.resize(std::min(waiters, kTimedWakes));
    return median(std::move(times));
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
    static bool wake_one(Address& address) {
        const auto no_token = [](parking_lot::core::UnparkResult) noexcept {
            return parking_lot::core::UnparkToken{};
        };
        return parking_lot::core::unpark_one(&address, no_token).unparked == 1;
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
    static bool wake_one(Address& address) {
        return syscall(SYS_futex, &address, FUTEX_WAKE_PRIVATE, 1) == 1;
    }
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
        try {
            start_sleepers(threads_, waiters, [this](unsigned i) {
                park_until_over(addresses_[i % addresses_.size()].object);
            });
        } catch (...) {
            release_all();
            throw;
        }
    }
    ParkedCrowd(const ParkedCrowd&) = delete;
    ParkedCrowd& operator=(const ParkedCrowd&) = delete;
    ~ParkedCrowd() { release_all(); }

    /// Median ticks of the calls that woke one.
    double wake_ticks() {
        std::vector<double> times;
        while (times.size() < kTimedWakes) {
            choose_next();
            const std::uint64_t parks = parks_.load();
            const std::uint64_t start = ticks();
            const bool woke = Parking::wake_one(addresses_[chosen_].object);
            const std::uint64_t end = ticks();
            // Nobody is woken who is only about to sleep: not a time we want, and no one to await.
            if (woke) times.push_back(static_cast<double>(end - start));
            while (woke && parks_.load() == parks) std::this_thread::yield();
        }
        return median(std::move(times));
    }

  private:
    using Address = typename Parking::Address;

    void release_all() {
        over_ = true;
        for (auto& address : addresses_) Parking::wake_all(address.object);
    }

    /// Never the same twice in a row, if there are others: it may not be asleep again.
    void choose_next() {
        const std::size_t others = std::max<std::size_t>(addresses_.size() - 1, 1);
        const std::size_t step = place_ == Place::OwnRandomly ? 1 + random_() % others : 1;
        chosen_ = (chosen_ + step) % addresses_.size();
    }

    void park_until_over(Address& address) {
        while (!over_) Parking::park(address, over_, [this]() noexcept { parks_.fetch_add(1); });
    }

    OnOneProcessor pinned_;
    Place place_;
    std::vector<Apart<Address>> addresses_;
    std::size_t chosen_ = 0;
    std::minstd_rand random_;
    std::atomic<bool> over_{false};
    std::atomic<std::uint64_t> parks_{0};
    SmallThreads threads_;
};

}  // namespace bench
