// SPDX-License-Identifier: MIT
// The contended loop: lock, work on shared data, unlock, work on own data.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "harness/crew.hpp"
#include "harness/stats.hpp"
#include "harness/work.hpp"
#include "peers/peer.hpp"

namespace bench {

struct ContendedSpec {
    unsigned threads;
    unsigned inside;
    unsigned outside;
    SteadyClock::duration length;
};

struct Throughput {
    double ops_per_second;
    double jain;
    double switches_per_op;
};

/// Waits in nanoseconds: the time from the call of lock() to its return.
struct Waits {
    double p50;
    double p99;
    double p999;
    double max;
};

/// A lock beside what it protects, as users have it; away from everyone else's cache lines.
template <Peer Lock>
struct alignas(128) Guarded {
    Lock lock;
    std::uint64_t entries = 0;
    std::uint64_t value = 1;

    void section(unsigned units) noexcept {
        ++entries;
        if (units > 0) value = work(value, units);
    }

    /// What a reader does. Returns whether no writer came in meanwhile.
    [[nodiscard]] bool read(unsigned units) const noexcept {
        const std::uint64_t before = entries;
        (void)work(value, units);
        asm volatile("" : : : "memory");  // read once more, not remembered
        return entries == before;
    }
};

struct alignas(128) ContendedWorker {
    std::uint64_t ops = 0;
    Histogram waits;
};

/// Ends the program if the lock let two threads in at once.
inline void check_exclusion(std::string_view lock, std::uint64_t expected, std::uint64_t seen) {
    if (expected == seen) return;
    std::fprintf(stderr, "%.*s does not exclude: %llu increments of %llu survived\n",
                 static_cast<int>(lock.size()), lock.data(), static_cast<unsigned long long>(seen),
                 static_cast<unsigned long long>(expected));
    std::abort();
}

template <Peer Lock, class Acquire>
ShiftCost run_contended(const ContendedSpec& spec, std::vector<ContendedWorker>& workers,
                        const Acquire& acquire) {
    Guarded<Lock> shared;
    std::atomic<std::uint64_t> entered{0};
    const ShiftCost cost = run_crew(spec.threads, spec.length, [&](unsigned index, Shift& shift) {
        ContendedWorker& mine = workers[index];
        std::uint64_t value = index;
        std::uint64_t all = 0;
        mine.ops = shift.work([&] {
            acquire(shared.lock, mine);
            shared.section(spec.inside);
            shared.lock.unlock();
            value = work(value, spec.outside);
            ++all;
            return 1U;
        });
        entered += all;
    });
    check_exclusion(Lock::kName, entered, shared.entries);
    return cost;
}

template <class Worker>
Throughput throughput_of(const std::vector<Worker>& workers, const ShiftCost& cost) {
    std::vector<std::uint64_t> shares;
    double total = 0;
    for (const Worker& worker : workers) {
        shares.push_back(worker.ops);
        total += static_cast<double>(worker.ops);
    }
    return {total / cost.seconds, jain_index(shares), total > 0 ? cost.switches / total : 0};
}

/// Of a histogram of ticks.
inline Waits waits_of(const Histogram& waits) {
    const double ns = nanoseconds_per_tick();
    return {waits.quantile(0.5) * ns, waits.quantile(0.99) * ns, waits.quantile(0.999) * ns,
            static_cast<double>(waits.max()) * ns};
}

template <Peer Lock>
Throughput measure_throughput(const ContendedSpec& spec) {
    std::vector<ContendedWorker> workers(spec.threads);
    const ShiftCost cost =
        run_contended<Lock>(spec, workers, [](Lock& lock, ContendedWorker&) { lock.lock(); });
    return throughput_of(workers, cost);
}

/// A pass of its own, since reading the clock slows the loop down.
template <Peer Lock>
Waits measure_waits(const ContendedSpec& spec) {
    std::vector<ContendedWorker> workers(spec.threads);
    run_contended<Lock>(spec, workers, [](Lock& lock, ContendedWorker& mine) {
        const std::uint64_t start = ticks();
        lock.lock();
        mine.waits.add(ticks() - start);
    });
    Histogram all;
    for (const ContendedWorker& worker : workers) all.add(worker.waits);
    return waits_of(all);
}

}  // namespace bench
