// SPDX-License-Identifier: MIT
// Mutants: small mistakes in the headers, each of which some scenario must find.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace explore {

struct Mutant {
    std::string name;
    std::string problem;   ///< why it could not be made; empty if it could
    std::string scenario;  ///< where to hunt it, as the option; empty: everywhere
};

/// Those that this program has in it, by mutate.sh. None in a program over the real headers.
const std::vector<Mutant>& mutants();

/// The number of the one in force, or one that does not exist.
extern std::size_t mutant_in_force;

/// Called by the mutated headers: whether to make the mistake.
[[nodiscard]] bool is_mutant(int number) noexcept;

}  // namespace explore
