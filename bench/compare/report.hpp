// SPDX-License-Identifier: MIT
// The report for people.
#pragma once

#include <ostream>
#include <vector>

#include "compare/goals.hpp"
#include "compare/options.hpp"
#include "compare/results.hpp"

namespace bench {

enum class Detail {
    Terminal,  ///< the overview and one table per section
    Full,      ///< every metric of every cell
};

void print_report(std::ostream& out, const Results& results, const std::vector<Goal>& goals,
                  const Options& options, Detail detail);

}  // namespace bench
