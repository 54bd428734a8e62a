// SPDX-License-Identifier: MIT
// Sections once and reentrant: what is measured on one thread only.
#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/uncontended.hpp"

namespace bench {

Plan plan_once(const Options& options) {
    Plan plan{size_cell("once", options, OncePeers{})};
    plan.resize(
        1 + kPairRepeats,
        one_thread_cell("once", "call when done", options, OncePeers{}, []<OncePeer Once>() {
            return nanoseconds_of_done_call<Once>(kStretches);
        }));
    return plan;
}

Plan plan_reentrant(const Options& options) {
    Plan plan{size_cell("reentrant", options, ReentrantPeers{})};
    for (unsigned i = 0; i < kPairRepeats; ++i) {
        plan.push_back(
            one_thread_cell("reentrant", "lock, unlock", options, ReentrantPeers{},
                            []<Peer Lock>() { return nanoseconds_of_pair<Lock>(kStretches); }));
        plan.push_back(one_thread_cell(
            "reentrant", "lock, unlock, held already", options, ReentrantPeers{},
            []<Peer Lock>() { return nanoseconds_of_pair<Nested<Lock>>(kStretches); }));
    }
    return plan;
}

}  // namespace bench
