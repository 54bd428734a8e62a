// SPDX-License-Identifier: MIT
// Sections semaphore and latch.
#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/notify.hpp"
#include "workloads/permits.hpp"

namespace bench {
namespace {

constexpr unsigned kCrowd = 8;

Cell turns_cell(const Options& options) {
    Cell cell{"semaphore", "ping-pong", {}};
    add_peers(cell, options, SemaphorePeers{},
              [length = options.cell]<SemaphorePeer Semaphore>() -> Figures {
                  SemaphoreTurns<Semaphore> turns;
                  return {{"ns", 1e9 / run_team(turns, 2, length).ops_per_second}};
              });
    return cell;
}

Cell permits_cell(const Options& options, unsigned permits) {
    Cell cell{
        "semaphore", std::to_string(kCrowd) + " threads, permits: " + std::to_string(permits), {}};
    add_peers(cell, options, SemaphorePeers{},
              [permits, length = options.cell]<SemaphorePeer Semaphore>() -> Figures {
                  Permits<Semaphore> place{permits};
                  return {{"ops_per_s", run_team(place, kCrowd, length).ops_per_second}};
              });
    return cell;
}

}  // namespace

Plan plan_semaphore(const Options& options) {
    Plan plan{size_cell("semaphore", options, SemaphorePeers{})};
    plan.resize(1 + kPairRepeats,
                one_thread_cell("semaphore", "acquire, release", options, SemaphorePeers{},
                                []<SemaphorePeer Semaphore>() {
                                    return nanoseconds_of_permit<Semaphore>(kStretches);
                                }));
    plan.push_back(turns_cell(options));
    for (const unsigned permits : {1U, 2U}) plan.push_back(permits_cell(options, permits));
    return plan;
}

Plan plan_latch(const Options& options) {
    Plan plan{size_cell("latch", options, LatchPeers{})};
    plan.resize(
        1 + kPairRepeats,
        one_thread_cell("latch", "8 times count_down, wait", options, LatchPeers{},
                        []<LatchPeer Latch>() { return nanoseconds_of_latch<Latch>(kStretches); }));
    plan.push_back(
        one_thread_cell("latch", "8 threads meet", options, LatchPeers{},
                        []<LatchPeer Latch>() { return nanoseconds_of_rendezvous<Latch>(); }));
    return plan;
}

}  // namespace bench
