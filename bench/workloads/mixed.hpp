// SPDX-License-Identifier: MIT
// The contended loop of readers-writer locks: most lock to read, some to write.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "harness/crew.hpp"
#include "harness/stats.hpp"
#include "harness/work.hpp"
#include "peers/peer.hpp"
#include "workloads/contended.hpp"

namespace bench {

struct MixedSpec {
    unsigned threads;
    unsigned write_percent;
    unsigned inside;
    unsigned outside;
    SteadyClock::duration length;
};

struct alignas(128) MixedWorker {
    std::uint64_t ops = 0;
    Histogram reads;
    Histogram writes;
};

/// `acquire(waits, lock)` calls lock(), and may note in `waits` how long that took.
template <SharedPeer Lock, class Acquire>
ShiftCost run_mixed(const MixedSpec& spec, std::vector<MixedWorker>& workers,
                    const Acquire& acquire) {
    Guarded<Lock> shared;
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> torn{0};
    const ShiftCost cost = run_crew(spec.threads, spec.length, [&](unsigned index, Shift& shift) {
        MixedWorker& mine = workers[index];
        std::uint64_t value = index;
        std::uint64_t my_writes = 0;
        std::uint64_t my_torn = 0;
        mine.ops = shift.work([&] {
            // The work outside throws the dice, too: its steps are those of a random generator.
            value = work(value, spec.outside + 1);
            if ((value >> 32) % 100 < spec.write_percent) {
                acquire(mine.writes, [&] { shared.lock.lock(); });
                shared.section(spec.inside);
                shared.lock.unlock();
                ++my_writes;
            } else {
                acquire(mine.reads, [&] { shared.lock.lock_shared(); });
                if (!shared.read(spec.inside)) ++my_torn;
                shared.lock.unlock_shared();
            }
            return 1U;
        });
        written += my_writes;
        torn += my_torn;
    });
    check_exclusion(Lock::kName, written, shared.entries);
    check_exclusion(Lock::kName, 0, torn);
    return cost;
}

template <SharedPeer Lock>
Throughput measure_mixed_throughput(const MixedSpec& spec) {
    std::vector<MixedWorker> workers(spec.threads);
    const ShiftCost cost =
        run_mixed<Lock>(spec, workers, [](Histogram&, const auto& lock) { lock(); });
    return throughput_of(workers, cost);
}

struct MixedWaits {
    Histogram reads;
    Histogram writes;
};

/// In ticks. A pass of its own, since reading the clock slows the loop down.
template <SharedPeer Lock>
MixedWaits measure_mixed_waits(const MixedSpec& spec) {
    std::vector<MixedWorker> workers(spec.threads);
    run_mixed<Lock>(spec, workers, [](Histogram& waits, const auto& lock) {
        const std::uint64_t start = ticks();
        lock();
        waits.add(ticks() - start);
    });
    MixedWaits all;
    for (const MixedWorker& worker : workers) {
        all.reads.add(worker.reads);
        all.writes.add(worker.writes);
    }
    return all;
}

}  // namespace bench
