// SPDX-License-Identifier: MIT
// Figures condensed: ratios, the best peer, means over the contended grid.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compare/results.hpp"

namespace bench {

using Maybe = std::optional<double>;

/// a / b where both were measured.
Maybe ratio(Maybe a, Maybe b);

/// Whether `lock` is someone else's: neither ours nor a limit or an overhead.
bool is_peer(const std::string& lock);

enum class Better { Lower, Higher };

/// The peer with the best figure in a cell; empty if none has one.
std::string best_peer(const Results& results, const std::string& section, const std::string& cell,
                      const std::string& metric, Better better);

/// The best figure of any peer in a cell.
Maybe best_of_peers(const Results& results, const std::string& section, const std::string& cell,
                    const std::string& metric, Better better);

/// The cells of section contended with more than one thread; those of `threads` when given.
std::vector<std::string> grid_cells(const Results& results, unsigned threads = 0);

/// Geometric mean over the grid of one lock's medians.
Maybe grid_mean(const Results& results, const std::string& lock, const std::string& metric,
                unsigned threads = 0);

/// Geometric mean over the grid of one lock's throughput, each cell divided by std::mutex's.
Maybe grid_throughput(const Results& results, const std::string& lock, unsigned threads = 0);

/// The peer with the highest grid_throughput.
std::string best_grid_peer(const Results& results);

/// The lowest throughput of `lock` in any cell of the grid, divided by std::mutex's there.
Maybe worst_cell(const Results& results, const std::string& lock);

/// The same for cells without outside work, divided by the lock's own on one thread.
Maybe worst_saturated_cell(const Results& results, const std::string& lock);

}  // namespace bench
