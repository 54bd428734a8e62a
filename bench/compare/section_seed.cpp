// SPDX-License-Identifier: MIT
// Section seed: the benchmark of the project this library continues.
#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/seed.hpp"

namespace bench {

Plan plan_seed(const Options& options) {
    Plan plan;
    for (const bool with_start : {true, false}) {
        for (const unsigned threads : options.threads_or({2, 8, 16, 32})) {
            Cell cell{"seed",
                      std::to_string(threads) + " threads, " +
                          (with_start ? "start included" : "started before"),
                      {}};
            add_peers(cell, options, UnfairPeers{},
                      [threads, with_start, length = options.cell]<Peer Lock>() -> Figures {
                          return {{"seconds", median_seconds(length, [&] {
                                       return with_start ? seed_run_with_start<Lock>(threads)
                                                         : seed_run_started<Lock>(threads);
                                   })}};
                      });
            plan.push_back(std::move(cell));
        }
    }
    return plan;
}

}  // namespace bench
