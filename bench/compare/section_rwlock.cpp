// SPDX-License-Identifier: MIT
// Section rwlock: readers-writer locks alone, and with readers and writers who contend.
#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/mixed.hpp"
#include "workloads/uncontended.hpp"

namespace bench {
namespace {

constexpr unsigned kInside = 20;
constexpr unsigned kOutside = 100;

void add_waits(Figures& figures, const std::string& who, const Histogram& ticks) {
    if (ticks.is_empty()) return;
    const Waits waits = waits_of(ticks);
    figures.emplace_back(who + "_p999_ns", waits.p999);
    figures.emplace_back(who + "_max_ns", waits.max);
}

template <SharedPeer Lock>
Figures measure_mix(const MixedSpec& spec) {
    const Throughput throughput = measure_mixed_throughput<Lock>(spec);
    Figures figures{{"ops_per_s", throughput.ops_per_second},
                    {"switches_per_op", throughput.switches_per_op}};
    if (spec.threads == 1) return figures;
    const MixedWaits waits = measure_mixed_waits<Lock>(spec);
    add_waits(figures, "readers", waits.reads);
    add_waits(figures, "writers", waits.writes);
    return figures;
}

Cell mixed_cell(const Options& options, unsigned threads, unsigned write_percent) {
    Cell cell{"rwlock", mixed_cell_name(threads, write_percent), {}};
    const MixedSpec spec{threads, write_percent, kInside, kOutside, options.cell};
    add_peers(cell, options, SharedPeers{},
              [spec]<SharedPeer Lock>() { return measure_mix<Lock>(spec); });
    // Many locks in many cells: three rounds are enough for a median.
    cell.rounds_at_most = 3;
    return cell;
}

}  // namespace

std::string mixed_cell_name(unsigned threads, unsigned write_percent) {
    return std::to_string(threads) + (threads == 1 ? " thread, " : " threads, ") +
           std::to_string(write_percent) + " % writes";
}

Plan plan_rwlock(const Options& options) {
    Plan plan{size_cell("rwlock", options, SharedPeers{})};
    for (unsigned i = 0; i < kPairRepeats; ++i) {
        plan.push_back(one_thread_cell(
            "rwlock", "read pair", options, SharedPeers{},
            []<SharedPeer Lock>() { return nanoseconds_of_pair<ForReading<Lock>>(kStretches); }));
        plan.push_back(one_thread_cell(
            "rwlock", "write pair", options, SharedPeers{},
            []<SharedPeer Lock>() { return nanoseconds_of_pair<Lock>(kStretches); }));
    }
    for (const unsigned threads : options.threads_or(
             options.quick ? std::vector{2U, 8U, 32U} : std::vector{1U, 2U, 8U, 32U})) {
        for (const unsigned write_percent :
             options.quick ? std::vector{1U, 10U} : std::vector{0U, 1U, 10U, 50U}) {
            plan.push_back(mixed_cell(options, threads, write_percent));
        }
    }
    return plan;
}

}  // namespace bench
