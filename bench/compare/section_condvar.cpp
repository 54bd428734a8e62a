// SPDX-License-Identifier: MIT
// Section condvar: condition variables that pass a ball, wake a herd, and guard a queue.
#include <algorithm>

#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/notify.hpp"

namespace bench {
namespace {

constexpr unsigned kHerd = 64;
constexpr std::size_t kLeastRushes = 5;

std::string name_of(Notify when) {
    return when == Notify::Locked ? ", notified with the lock held" : ", notified after the unlock";
}

Cell ping_pong_cell(const Options& options, Notify when) {
    Cell cell{"condvar", "ping-pong" + name_of(when), {}};
    add_peers(cell, options, CondvarPeers{},
              [when, length = options.cell]<CondvarPeer Condvar>() -> Figures {
                  PingPong<Condvar> game{when};
                  const TeamOutput output = run_team(game, 2, length);
                  return {{"ns", 1e9 / output.ops_per_second},
                          {"switches_per_op", output.switches_per_op}};
              });
    return cell;
}

template <CondvarPeer Condvar>
Figures measure_herd(unsigned size, Notify when, SteadyClock::duration length) {
    std::vector<double> times;
    std::vector<double> switches;
    Herd<Condvar> herd{size};
    const auto end = SteadyClock::now() + length;
    while (times.size() < kLeastRushes || SteadyClock::now() < end) {
        const auto rush = herd.signal(when);
        times.push_back(rush.ticks * nanoseconds_per_tick());
        switches.push_back(rush.switches_per_waiter);
    }
    return {{"ns", median(std::move(times))}, {"switches_per_waiter", median(std::move(switches))}};
}

Cell herd_cell(const Options& options, unsigned size, Notify when) {
    Cell cell{"condvar", herd_cell_name(size) + name_of(when), {}};
    add_peers(cell, options, CondvarPeers{},
              [size, when, length = options.cell]<CondvarPeer Condvar>() {
                  return measure_herd<Condvar>(size, when, length);
              });
    return cell;
}

Cell queue_cell(const Options& options, unsigned threads) {
    Cell cell{"condvar", "bounded queue, " + std::to_string(threads) + " threads", {}};
    add_peers(cell, options, CondvarPeers{},
              [threads, length = options.cell]<CondvarPeer Condvar>() -> Figures {
                  BoundedQueue<Condvar> queue;
                  const TeamOutput output = run_team(queue, threads, length);
                  return {{"ops_per_s", output.ops_per_second},
                          {"switches_per_op", output.switches_per_op}};
              });
    return cell;
}

}  // namespace

std::string herd_cell_name(unsigned size) { return "notify_all of " + std::to_string(size); }

Plan plan_condvar(const Options& options) {
    Plan plan{size_cell("condvar", options, CondvarPeers{})};
    for (const Notify when : {Notify::Locked, Notify::Unlocked}) {
        plan.push_back(ping_pong_cell(options, when));
    }
    for (const unsigned size : options.threads_or({kHerd})) {
        for (const Notify when : {Notify::Locked, Notify::Unlocked}) {
            plan.push_back(herd_cell(options, size, when));
        }
    }
    for (const unsigned threads : options.threads_or({2, 8})) {
        plan.push_back(queue_cell(options, std::max(threads, 2U)));
    }
    return plan;
}

}  // namespace bench
