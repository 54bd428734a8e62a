// SPDX-License-Identifier: MIT
// Starts threads behind one gate, warms them up, lets them work for a given time, and counts.
#pragma once

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "harness/ticks.hpp"

namespace bench {

/// Voluntary and involuntary context switches of the process, ended threads included; or of the
/// calling thread with RUSAGE_THREAD.
inline double context_switches(decltype(RUSAGE_SELF) whose = RUSAGE_SELF) {
    rusage usage{};
    getrusage(whose, &usage);
    return static_cast<double>(usage.ru_nvcsw + usage.ru_nivcsw);
}

/// What the workers poll, on a cache line of its own.
class alignas(128) Shift {
  public:
    explicit Shift(unsigned threads) : threads_{threads} {}

    /// A worker's loop: calls `operation`, which returns how much it did, and returns the sum of
    /// what was done between the end of the warm-up and the end of the shift.
    template <class Operation>
    std::uint64_t work(Operation&& operation) {
        operation();
        warm_.fetch_add(1, std::memory_order_relaxed);
        while (phase() == Phase::WarmUp) operation();
        std::uint64_t done = 0;
        while (phase() != Phase::Over) done += operation();
        return done;
    }

    /// Begins to count once every worker has done one operation, but does not wait for long: an
    /// unfair lock may keep a worker out for a while.
    void warm_up(SteadyClock::duration longest) {
        const auto end = SteadyClock::now() + longest;
        while (warm_.load(std::memory_order_relaxed) < threads_ && SteadyClock::now() < end) {
            std::this_thread::sleep_for(std::chrono::microseconds{200});
        }
        phase_.store(Phase::Counting, std::memory_order_relaxed);
    }

    void end() { phase_.store(Phase::Over, std::memory_order_relaxed); }

  private:
    enum class Phase : std::uint8_t { WarmUp, Counting, Over };

    Phase phase() const { return phase_.load(std::memory_order_relaxed); }

    std::atomic<Phase> phase_{Phase::WarmUp};
    alignas(128) std::atomic<unsigned> warm_{0};
    unsigned threads_;
};

struct ShiftCost {
    double seconds;
    double switches;
};

/// Runs `worker(index, shift)`, which calls shift.work(), on `threads` threads for `length`.
template <class Worker>
ShiftCost run_crew(unsigned threads, SteadyClock::duration length, const Worker& worker) {
    Shift shift{threads};
    std::latch present{threads};
    std::latch gate{1};
    std::vector<std::jthread> crew;
    crew.reserve(threads);
    for (unsigned index = 0; index < threads; ++index) {
        crew.emplace_back([&, index] {
            present.count_down();
            gate.wait();
            worker(index, shift);
        });
    }
    present.wait();
    gate.count_down();
    shift.warm_up(length / 4);
    const double switches = context_switches();
    const auto start = SteadyClock::now();
    std::this_thread::sleep_until(start + length);
    shift.end();
    const std::chrono::duration<double> elapsed = SteadyClock::now() - start;
    crew.clear();
    return {elapsed.count(), context_switches() - switches};
}

}  // namespace bench
