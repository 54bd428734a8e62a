// SPDX-License-Identifier: MIT
// The condensing of figures.
#include "compare/summary.hpp"

#include <algorithm>
#include <ranges>

#include "compare/sections.hpp"

namespace bench {
namespace {

const std::string kGrid = "contended";
const std::string kOps = "ops_per_s";
const std::string kStd{kYardstick};

Maybe mean_of(const std::vector<Maybe>& figures) {
    std::vector<double> known;
    for (const Maybe& figure : figures) {
        if (figure && *figure > 0) known.push_back(*figure);
    }
    if (known.empty()) return std::nullopt;
    return geometric_mean(known);
}

Maybe lowest(Maybe a, Maybe b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

/// "8 threads, 20 in, 0 out" -> "1 thread, 20 in, 0 out"; empty where there is work outside.
std::string alone(const std::string& cell) {
    if (!cell.ends_with(" 0 out")) return {};
    return "1 thread" + cell.substr(cell.find(','));
}

}  // namespace

Maybe ratio(Maybe a, Maybe b) {
    if (!a || !b || *b == 0) return std::nullopt;
    return *a / *b;
}

bool is_peer(const std::string& lock) {
    if (is_ours(lock)) return false;
    return lock == "rust, inlined" || std::ranges::count(lock_names(), lock) > 0;
}

std::string best_peer(const Results& results, const std::string& section, const std::string& cell,
                      const std::string& metric, Better better) {
    std::string best;
    Maybe best_figure;
    for (const std::string& lock : results.locks(section)) {
        const Maybe figure = results.median_of(section, cell, lock, metric);
        if (!is_peer(lock) || !figure) continue;
        const bool wins = !best_figure || (better == Better::Lower ? *figure < *best_figure
                                                                   : *figure > *best_figure);
        if (!wins) continue;
        best = lock;
        best_figure = figure;
    }
    return best;
}

Maybe best_of_peers(const Results& results, const std::string& section, const std::string& cell,
                    const std::string& metric, Better better) {
    return results.median_of(section, cell, best_peer(results, section, cell, metric, better),
                             metric);
}

std::vector<std::string> grid_cells(const Results& results, unsigned threads) {
    const std::string wanted = threads == 0 ? "" : std::to_string(threads) + " threads,";
    std::vector<std::string> cells;
    for (const std::string& cell : results.cells(kGrid)) {
        if (!cell.starts_with("1 thread,") && cell.starts_with(wanted)) cells.push_back(cell);
    }
    return cells;
}

Maybe grid_mean(const Results& results, const std::string& lock, const std::string& metric,
                unsigned threads) {
    std::vector<Maybe> figures;
    for (const std::string& cell : grid_cells(results, threads)) {
        figures.push_back(results.median_of(kGrid, cell, lock, metric));
    }
    return mean_of(figures);
}

Maybe grid_throughput(const Results& results, const std::string& lock, unsigned threads) {
    return ratio(grid_mean(results, lock, kOps, threads), grid_mean(results, kStd, kOps, threads));
}

std::string best_grid_peer(const Results& results) {
    std::string best;
    for (const std::string& lock : results.locks(kGrid)) {
        if (!is_peer(lock)) continue;
        if (best.empty() || grid_throughput(results, lock) > grid_throughput(results, best)) {
            best = lock;
        }
    }
    return best;
}

Maybe worst_cell(const Results& results, const std::string& lock) {
    Maybe worst;
    for (const std::string& cell : grid_cells(results)) {
        worst = lowest(worst, ratio(results.median_of(kGrid, cell, lock, kOps),
                                    results.median_of(kGrid, cell, kStd, kOps)));
    }
    return worst;
}

Maybe worst_saturated_cell(const Results& results, const std::string& lock) {
    Maybe worst;
    for (const std::string& cell : grid_cells(results)) {
        worst = lowest(worst, ratio(results.median_of(kGrid, cell, lock, kOps),
                                    results.median_of(kGrid, alone(cell), lock, kOps)));
    }
    return worst;
}

}  // namespace bench
