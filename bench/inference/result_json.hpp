// SPDX-License-Identifier: MIT
// The results of a run as JSON, for the A/B driver.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "inference/locks.hpp"
#include "inference/seed_benchmark.hpp"
#include "inference/server.hpp"
#include "inference/workload.hpp"

namespace inference {

using Json = nlohmann::ordered_json;

/// What the locks of this build say about themselves, summed up by name; null when they are plain.
inline Json waits_to_json() {
    Json waits;
#if INFERENCE_METERED
    for (const parking_lot::metrics::Series& series : parking_lot::metrics::snapshot()) {
        Json& lock = waits[series.lock];
        const auto add = [&lock](const char* what, auto value) {
            lock[what] = lock.value(what, decltype(value){}) + value;
        };
        add("acquisitions", series.acquisitions);
        add("contended", series.contended);
        add("wait_seconds", series.wait.sum);
        lock["longest_wait_seconds"] =
            std::max(lock.value("longest_wait_seconds", 0.0), series.longest_wait);
    }
#endif
    return waits;
}

inline Json to_json(const RunResult& result) {
    return {{"seconds", result.seconds},
            {"words", result.words},
            {"words_per_second", static_cast<double>(result.words) / result.seconds},
            {"completed", result.completed},
            {"not_completed", result.not_completed},
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
