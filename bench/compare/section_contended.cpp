// SPDX-License-Identifier: MIT
// Sections contended and fair: the grid, and the fair locks in its 8-thread cells.
#include <algorithm>

#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/contended.hpp"
#include "workloads/fifo_order.hpp"

namespace bench {
namespace {

constexpr unsigned kFairThreads = 8;

auto measure_cell(ContendedSpec spec) {
    return [spec]<Peer Lock>() -> Figures {
        const Throughput throughput = measure_throughput<Lock>(spec);
        const Waits waits = measure_waits<Lock>(spec);
        return {{"ops_per_s", throughput.ops_per_second},
                {"jain", throughput.jain},
                {"switches_per_op", throughput.switches_per_op},
                {"wait_p50_ns", waits.p50},
                {"wait_p99_ns", waits.p99},
                {"wait_p999_ns", waits.p999},
                {"wait_max_ns", waits.max}};
    };
}

/// The same loop on one thread: what a lock could reach at best when all work is inside.
auto measure_alone(ContendedSpec spec) {
    return [spec]<Peer Lock>() -> Figures {
        return {{"ops_per_s", measure_throughput<Lock>(spec).ops_per_second}};
    };
}

}  // namespace

std::string Grid::cell_name(unsigned threads, unsigned inside, unsigned outside) {
    return std::to_string(threads) + (threads == 1 ? " thread, " : " threads, ") +
           std::to_string(inside) + " in, " + std::to_string(outside) + " out";
}

Plan plan_contended(const Options& options) {
    const Grid grid{options};
    Plan plan;
    for (const unsigned inside : grid.inside) {
        Cell alone{"contended", Grid::cell_name(1, inside, 0), {}};
        add_peers(alone, options, UnfairPeers{}, measure_alone({1, inside, 0, options.cell}));
        plan.push_back(std::move(alone));
        for (const unsigned outside : grid.outside) {
            for (const unsigned threads : grid.threads) {
                if (threads == 1) continue;
                Cell cell{"contended", Grid::cell_name(threads, inside, outside), {}};
                add_peers(cell, options, UnfairPeers{},
                          measure_cell({threads, inside, outside, options.cell}));
                plan.push_back(std::move(cell));
            }
        }
    }
    return plan;
}

Plan plan_fair(const Options& options) {
    const Grid grid{options};
    // Hand-offs need every thread to have run; in shorter cells some still wait for a processor.
    const auto length = std::max(options.cell, std::chrono::milliseconds{100});
    Plan plan;
    for (const unsigned inside : grid.inside) {
        for (const unsigned outside : grid.outside) {
            Cell cell{"fair", Grid::cell_name(kFairThreads, inside, outside), {}};
            add_peers(cell, options, FairPeers{},
                      measure_cell({kFairThreads, inside, outside, length}));
            if (options.quick) cell.rounds_at_most = 1;
            plan.push_back(std::move(cell));
        }
    }
    const unsigned windows = options.quick ? 20 : 50;
    Cell order{"fair", "order", {}};
    add_peers(order, options, FairPeers{}, [windows]<Peer Lock>() -> Figures {
        return {{"overtakings", overtakings<Lock>(windows, kFairThreads)}};
    });
    plan.push_back(std::move(order));
    return plan;
}

}  // namespace bench
