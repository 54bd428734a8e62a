// SPDX-License-Identifier: MIT
// SVG plots of a comparison.
#pragma once

#include <filesystem>

#include "compare/results.hpp"

namespace bench {

/// Writes a gnuplot script for each plot whose section was measured, and runs gnuplot on it.
/// Says in one line on standard output what it made, or why there are no plots.
void write_plots(const std::filesystem::path& directory, const Results& results);

}  // namespace bench
