// SPDX-License-Identifier: MIT
// Where and with what a comparison was made.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// What a reader needs to judge the figures, as name and value.
std::vector<std::pair<std::string, std::string>> describe_machine();

}  // namespace bench
