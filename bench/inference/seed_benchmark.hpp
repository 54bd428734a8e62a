// SPDX-License-Identifier: MIT
// The seed project's microbenchmark over the lock of this build.
#pragma once

#include <chrono>
#include <map>

#include "inference/locks.hpp"
#include "peers/std.hpp"
#include "workloads/seed.hpp"

namespace inference {

/// The mutex of this build as a contestant.
class BuildMutex {
  public:
    static constexpr std::string_view kName = kLocks;

    void lock() { mutex_.raw().lock(); }
    void unlock() { mutex_.raw().unlock(); }

  private:
    struct Nothing {};

    Mutex<Nothing> mutex_{"seed_benchmark"};
};

#if PARKING_LOT_USE_STD && !INFERENCE_METERED
using SeedMutex = bench::StdMutex;  // itself, without the wrapper that gives it our interface
#else
using SeedMutex = BuildMutex;
#endif

/// Seconds by number of threads, as the seed measured it (threads are started and joined on the
/// clock) and with the threads started before.
struct SeedFigures {
    std::map<unsigned, double> with_start;
    std::map<unsigned, double> started;
};

inline SeedFigures seed_benchmark(std::chrono::milliseconds cell) {
    SeedFigures figures;
    for (const unsigned threads : {2U, 8U, 16U, 32U}) {
        figures.with_start[threads] = bench::median_seconds(
            cell, [=] { return bench::seed_run_with_start<SeedMutex>(threads); });
        figures.started[threads] = bench::median_seconds(
            cell, [=] { return bench::seed_run_started<SeedMutex>(threads); });
    }
    return figures;
}

}  // namespace inference
