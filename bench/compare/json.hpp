// SPDX-License-Identifier: MIT
// The machine-readable result.
#pragma once

#include <filesystem>

#include "compare/goals.hpp"
#include "compare/options.hpp"
#include "compare/results.hpp"

namespace bench {

/// Machine, options, goals, and for each section, cell, lock and metric the median and every round.
void write_json(const std::filesystem::path& file, const Results& results,
                const std::vector<Goal>& goals, const Options& options);

}  // namespace bench
