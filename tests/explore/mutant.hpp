// SPDX-License-Identifier: MIT
// Which mutation of the headers is in force.
#pragma once

#include <cstddef>
#include <string_view>

namespace explore {

inline constexpr int kNoMutant = -1;

/// The mutation in force. A program over the headers as they are has none.
extern int mutant;

/// The number of the mutation with this name, or kNoMutant.
[[nodiscard]] int find_mutant(std::string_view name);

}  // namespace explore
