// SPDX-License-Identifier: MIT
// Names and labels of locks, made of any text, as Prometheus gets to see them.
#pragma once

#include <string>
#include <string_view>

#include "parking_lot/metrics.hpp"

namespace parking_lot::fuzz {

/// The first line is the prefix of the metrics. Each other one is a lock: "name|label=value|...",
/// where %41 stands for 'A', and so any byte can be written.
struct NamedLocks {
    std::string prefix;
    metrics::Snapshot snapshot;
};
[[nodiscard]] NamedLocks read_named_locks(std::string_view text);

/// Whether the locks make an exposition that says all of them, and print_top() a table. Says what
/// is wrong; empty if nothing is.
[[nodiscard]] std::string check_exposition(const NamedLocks& locks);

}  // namespace parking_lot::fuzz
