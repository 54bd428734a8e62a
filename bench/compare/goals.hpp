// SPDX-License-Identifier: MIT
// What the library promises to reach, and whether this run did.
#pragma once

#include <string>
#include <vector>

#include "compare/summary.hpp"

namespace bench {

struct Goal {
    enum class Bound { AtMost, AtLeast };

    std::string text;
    Bound bound;
    double target;
    Maybe measured;

    [[nodiscard]] bool is_met() const {
        return measured && (bound == Bound::AtMost ? *measured <= target : *measured >= target);
    }
    [[nodiscard]] std::string verdict() const {
        return !measured ? "not measured" : is_met() ? "yes" : "NO";
    }
    [[nodiscard]] std::string target_text() const;
};

std::vector<Goal> judge_goals(const Results& results);

}  // namespace bench
