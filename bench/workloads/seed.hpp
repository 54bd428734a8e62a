// SPDX-License-Identifier: MIT
// The seed project's benchmark: N threads, each 1000 times lock, increment, unlock.
#pragma once

#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "peers/peer.hpp"
#include "workloads/contended.hpp"

namespace bench {

inline constexpr unsigned kSeedIncrements = 1000;

template <Peer Lock>
void seed_worker(Guarded<Lock>& shared) {
    for (unsigned i = 0; i < kSeedIncrements; ++i) {
        shared.lock.lock();
        shared.section(0);
        shared.lock.unlock();
    }
}

/// As the seed measured it: the clock runs while threads are started and joined.
template <Peer Lock>
std::chrono::duration<double> seed_run_with_start(unsigned threads) {
    Guarded<Lock> shared;
    const auto start = SteadyClock::now();
    {
        std::vector<std::jthread> crew;
        crew.reserve(threads);
        for (unsigned i = 0; i < threads; ++i) crew.emplace_back([&] { seed_worker(shared); });
    }
    const auto elapsed = SteadyClock::now() - start;
    check_exclusion(Lock::kName, std::uint64_t{threads} * kSeedIncrements, shared.entries);
    return elapsed;
}

/// The clock runs from the opening of a gate to the end of the last thread's work.
template <Peer Lock>
std::chrono::duration<double> seed_run_started(unsigned threads) {
    Guarded<Lock> shared;
    std::latch present{threads};
    std::latch gate{1};
    std::latch done{threads};
    std::vector<std::jthread> crew;
    crew.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
        crew.emplace_back([&] {
            present.count_down();
            gate.wait();
            seed_worker(shared);
            done.count_down();
        });
    }
    present.wait();
    const auto start = SteadyClock::now();
    gate.count_down();
    done.wait();
    const auto elapsed = SteadyClock::now() - start;
    check_exclusion(Lock::kName, std::uint64_t{threads} * kSeedIncrements, shared.entries);
    return elapsed;
}

/// Median seconds of as many runs as fit into `length`.
template <class Run>
double median_seconds(SteadyClock::duration length, const Run& run) {
    std::vector<double> times;
    const auto end = SteadyClock::now() + length;
    do {
        times.push_back(run().count());
    } while (SteadyClock::now() < end);
    return median(std::move(times));
}

}  // namespace bench
