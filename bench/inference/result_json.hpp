// SPDX-License-Identifier: MIT
// The results of a run as JSON, for the A/B driver.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "harness/crew.hpp"
#include "inference/locks.hpp"
#include "inference/seed_benchmark.hpp"
#include "inference/server.hpp"
#include "inference/workload.hpp"

namespace inference {

using Json = nlohmann::ordered_json;

#if INFERENCE_METERED

/// The wait that `share` of all waits did not exceed, as Prometheus' histogram_quantile estimates
/// it.
inline double quantile(const parking_lot::metrics::Histogram& histogram, double share) {
    const auto bounds = parking_lot::metrics::bucket_bounds();
    const double rank = share * static_cast<double>(histogram.count());
    double below = 0;
    for (std::size_t i = 0; i < bounds.size() && rank > 0; ++i) {
        const auto here = static_cast<double>(histogram.counts[i]);
        const double low = i == 0 ? 0 : bounds[i - 1];
        if (below + here >= rank) return low + (bounds[i] - low) * (rank - below) / here;
        below += here;
    }
    return rank > 0 ? bounds.back() : 0;
}

/// What the locks of this build say about themselves, summed up by name.
inline Json waits_to_json() {
    std::map<std::string, parking_lot::metrics::Series> by_lock;
    for (const parking_lot::metrics::Series& series : parking_lot::metrics::snapshot()) {
        parking_lot::metrics::Series& sum = by_lock[series.lock];
        sum.acquisitions += series.acquisitions;
        sum.contended += series.contended;
        sum.longest_wait = std::max(sum.longest_wait, series.longest_wait);
        sum.wait.sum += series.wait.sum;
        sum.wait.counts.resize(std::max(sum.wait.counts.size(), series.wait.counts.size()));
        for (std::size_t i = 0; i < series.wait.counts.size(); ++i) {
            sum.wait.counts[i] += series.wait.counts[i];
        }
    }
    Json waits;
    for (const auto& [lock, sum] : by_lock) {
        waits[lock] = {{"acquisitions", sum.acquisitions},
                       {"contended", sum.contended},
                       {"wait_seconds", sum.wait.sum},
                       {"p99_wait_seconds", quantile(sum.wait, 0.99)},
                       {"longest_wait_seconds", sum.longest_wait}};
    }
    return waits;
}

#else

/// Plain locks say nothing.
inline Json waits_to_json() { return nullptr; }

#endif

/// What a run cost the processors.
struct Usage {
    double cpu_seconds = 0;
    double switches = 0;

    static Usage so_far() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        const auto seconds = [](const timeval& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        return {seconds(usage.ru_utime) + seconds(usage.ru_stime), bench::context_switches()};
    }
    Usage operator-(const Usage& before) const {
        return {cpu_seconds - before.cpu_seconds, switches - before.switches};
    }
};

inline Json to_json(const RunResult& result) {
    return {{"seconds", result.seconds},
            {"words", result.words},
            {"words_per_second", static_cast<double>(result.words) / result.seconds},
            {"completed", result.completed},
            {"not_completed", result.not_completed},
            {"request_seconds", result.total_latency()},
            {"texts", std::to_string(result.hash)},
            {"latency_ms",
             {{"mean", result.mean_latency() * 1e3},
              {"p50", result.latency(0.5) * 1e3},
              {"p99", result.latency(0.99) * 1e3},
              {"max", result.latency(1) * 1e3}}}};
}

inline Json to_json(const SeedFigures& figures) {
    Json json;
    for (const auto& [threads, seconds] : figures.with_start) {
        json["with_start"][std::to_string(threads)] = seconds;
    }
    for (const auto& [threads, seconds] : figures.started) {
        json["started"][std::to_string(threads)] = seconds;
    }
    return json;
}

}  // namespace inference
