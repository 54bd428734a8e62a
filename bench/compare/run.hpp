// SPDX-License-Identifier: MIT
// Runs a plan: rounds outermost, contestants of a cell next to each other in rotated order.
#pragma once

#include "compare/options.hpp"
#include "compare/results.hpp"

namespace bench {

/// Everything the options ask for, in the order of the sections.
Plan make_plan(const Options& options);

/// Shows its progress on standard error.
Results run_plan(const Plan& plan, const Options& options);

}  // namespace bench
