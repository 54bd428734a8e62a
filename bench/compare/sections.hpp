// SPDX-License-Identifier: MIT
// The sections of the comparison: each plans its cells; and the names they use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compare/options.hpp"
#include "compare/results.hpp"
#include "peers/peer.hpp"

namespace bench {

inline constexpr std::string_view kYardstick = "std::mutex";

struct Section {
    std::string name;
    std::string about;
    Plan (*plan)(const Options&);
    std::string yardstick{kYardstick};      // what ratios are ratios to
    std::string champion = "RawWordMutex";  // ours to compare with the best peer
};

const std::vector<Section>& sections();
std::vector<std::string> section_names();

const Section& section_named(std::string_view name);

/// Every lock name a contestant may have, ours last.
std::vector<std::string> lock_names();
bool is_ours(std::string_view lock);

struct SkippedPeer {
    std::string name;
    std::string package;
};

/// Peers that were not found when this program was built, and what to install to have them.
std::vector<SkippedPeer> skipped_peers();

Plan plan_size(const Options& options);
Plan plan_uncontended(const Options& options);
Plan plan_contended(const Options& options);
Plan plan_seed(const Options& options);
Plan plan_fair(const Options& options);
Plan plan_work(const Options& options);
Plan plan_wake(const Options& options);
Plan plan_rwlock(const Options& options);
Plan plan_condvar(const Options& options);
Plan plan_once(const Options& options);
Plan plan_reentrant(const Options& options);
Plan plan_metered(const Options& options);

/// Names of cells that goals look up.
std::string mixed_cell_name(unsigned threads, unsigned write_percent);
std::string herd_cell_name(unsigned size);

/// The axes of the contended grid.
struct Grid {
    explicit Grid(const Options& options) : threads{options.threads_or({2, 4, 8, 32})} {}

    std::vector<unsigned> threads;
    std::vector<unsigned> inside{0, 20, 100};
    std::vector<unsigned> outside{0, 100};

    static std::string cell_name(unsigned threads, unsigned inside, unsigned outside);
};

/// Adds to `cell` every wanted lock of the list; `measure.operator()<Lock>()` returns Figures.
template <class List, class Measure>
void add_peers(Cell& cell, const Options& options, List list, const Measure& measure) {
    for_each_peer(list, [&]<class Lock>() {
        if (!options.wants_lock(Lock::kName)) return;
        cell.contestants.push_back(
            {std::string{Lock::kName}, [measure] { return measure.template operator()<Lock>(); }});
    });
}

/// Bytes of each.
template <class List>
Cell size_cell(std::string section, const Options& options, List list) {
    Cell cell{std::move(section), "bytes", {}, 1};
    add_peers(cell, options, list, []<Named Primitive>() -> Figures {
        return {{"bytes", static_cast<double>(sizeof(Primitive))}};
    });
    return cell;
}

/// How often a round repeats cells that take little time: a disturbance as long spoils them.
inline constexpr unsigned kPairRepeats = 3;
/// How many stretches one such measurement is a median of.
inline constexpr unsigned kStretches = 5;

/// `nanoseconds.operator()<Primitive>()` measures on one thread.
template <class List, class Nanoseconds>
Cell one_thread_cell(std::string section, std::string name, const Options& options, List list,
                     const Nanoseconds& nanoseconds) {
    Cell cell{std::move(section), std::move(name), {}};
    add_peers(cell, options, list, [nanoseconds]<Named Primitive>() -> Figures {
        return { {"ns", nanoseconds.template operator()<Primitive>()} };
    });
    return cell;
}

}  // namespace bench
