// SPDX-License-Identifier: MIT
// The command line of `compare`.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct Options {
    bool help = false;
    bool list = false;
    bool quick = false;
    unsigned rounds = 0;                // 0: chosen by --quick or its absence
    std::chrono::milliseconds cell{0};  // likewise
    std::vector<std::string> only;      // empty: every section
    std::vector<std::string> locks;     // empty: every lock
    std::vector<unsigned> threads;      // empty: each section's own
    std::filesystem::path out = "compare-results";

    [[nodiscard]] bool wants_section(std::string_view name) const;
    /// The yardsticks are always wanted: every ratio is a ratio to one.
    [[nodiscard]] bool wants_lock(std::string_view name) const;
    [[nodiscard]] std::vector<unsigned> threads_or(std::vector<unsigned> defaults) const;
};

/// Exits with status 2 and one plain sentence on standard error when the arguments make no sense.
Options parse_options(int argc, char** argv);

void print_help();

}  // namespace bench
