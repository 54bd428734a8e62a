// SPDX-License-Identifier: MIT
// Section metered: what it costs to count what is done with a lock.
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "compare/sections.hpp"
#include "parking_lot/metrics.hpp"
#include "peers/metered.hpp"
#include "workloads/contended.hpp"
#include "workloads/mixed.hpp"
#include "workloads/uncontended.hpp"

#if BENCH_HAVE_PROMETHEUS
#include <prometheus/text_serializer.h>

#include "parking_lot/prometheus.hpp"
#endif

namespace bench {
namespace {

constexpr unsigned kInside = 20;
constexpr unsigned kWritePercent = 10;
constexpr std::size_t kNames = 10'000;

constexpr auto kThroughput = [](const Throughput& throughput) -> Figures {
    return {{"ops_per_s", throughput.ops_per_second}};
};

Cell contended_cell(const Options& options, const ContendedSpec& spec) {
    Cell cell{"metered", Grid::cell_name(spec.threads, spec.inside, spec.outside), {}};
    add_peers(cell, options, MeteredPeers{},
              [spec]<Peer Lock>() { return kThroughput(measure_throughput<Lock>(spec)); });
    return cell;
}

Cell reading_cell(const Options& options, const MixedSpec& spec) {
    Cell cell{"metered", mixed_cell_name(spec.threads, spec.write_percent), {}};
    add_peers(cell, options, MeteredSharedPeers{}, [spec]<SharedPeer Lock>() {
        return kThroughput(measure_mixed_throughput<Lock>(spec));
    });
    return cell;
}

/// Milliseconds that `use` takes with so many named locks alive, each of which was used.
template <class Use>
double milliseconds_with_names(const Use& use) {
    std::vector<std::unique_ptr<parking_lot::metered::Mutex<int>>> locks;
    for (std::size_t i = 0; i < kNames; ++i) {
        locks.push_back(
            std::make_unique<parking_lot::metered::Mutex<int>>("lock " + std::to_string(i)));
        (void)locks.back()->lock();
    }
    const auto start = SteadyClock::now();
    const auto result = use();
    const std::chrono::duration<double, std::milli> time = SteadyClock::now() - start;
    escape(result);
    return time.count();
}

template <class Use>
Cell names_cell(const std::string& name, const Use& use) {
    Cell cell{"metered", name, {}, 3};
    cell.contestants.push_back(
        {std::string{kMetered}, [use] { return Figures{{"ms", milliseconds_with_names(use)}}; }});
    return cell;
}

#if BENCH_HAVE_PROMETHEUS
/// What a scrape is answered.
std::string scrape() {
    return prometheus::TextSerializer{}.Serialize(
        parking_lot::prometheus::families(parking_lot::metrics::snapshot()));
}
#endif

}  // namespace

Plan plan_metered(const Options& options) {
    Plan plan{size_cell("metered", options, MeteredPeers{})};
    for (unsigned i = 0; i < kPairRepeats; ++i) {
        plan.push_back(
            one_thread_cell("metered", "lock, unlock", options, MeteredPeers{},
                            []<Peer Lock>() { return nanoseconds_of_pair<Lock>(kStretches); }));
        plan.push_back(one_thread_cell(
            "metered", "read pair", options, MeteredSharedPeers{},
            []<SharedPeer Lock>() { return nanoseconds_of_pair<ForReading<Lock>>(kStretches); }));
        plan.push_back(one_thread_cell(
            "metered", "write pair", options, MeteredSharedPeers{},
            []<SharedPeer Lock>() { return nanoseconds_of_pair<Lock>(kStretches); }));
    }
    for (const unsigned threads : options.threads_or({2, 8, 32})) {
        for (const unsigned outside : {0U, 100U}) {
            for (unsigned i = 0; i < kPairRepeats; ++i) {
                plan.push_back(contended_cell(options, {threads, kInside, outside, options.cell}));
            }
        }
        for (unsigned i = 0; i < kPairRepeats; ++i) {
            plan.push_back(
                reading_cell(options, {threads, kWritePercent, kInside, 100, options.cell}));
        }
    }
    plan.push_back(names_cell("snapshot of 10 000 names", parking_lot::metrics::snapshot));
#if BENCH_HAVE_PROMETHEUS
    plan.push_back(names_cell("scrape of 10 000 names", scrape));
#endif
    return plan;
}

}  // namespace bench
