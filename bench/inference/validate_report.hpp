// SPDX-License-Identifier: MIT
// What a validation says: tables, a bar chart of text, JSON, and plots by gnuplot.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "inference/validate_run.hpp"

namespace inference {

/// Readable in a terminal, and Markdown.
void print_report(std::ostream& out, const Validation& result, const ValidateOptions& options);

/// Every figure of every round. Throws std::runtime_error when it cannot be written.
void write_json(const std::filesystem::path& file, const Validation& result,
                const ValidateOptions& options);

/// throughput.svg, latency.svg and waits.svg; says so when there is no gnuplot. Throws
/// std::runtime_error when a script cannot be written.
void write_plots(const std::filesystem::path& directory, const Validation& result);

/// The threads that waited for a lock at a time, on average: seconds of waiting per second of run.
double waiting(const Validation& result, const Build& build, const std::string& lock);

/// The time spent waiting for a lock, as a share of the time that all requests took together.
double share_of_requests(const Validation& result, const Build& build, const std::string& lock);

/// The locks of the server, those that were waited for most first.
std::vector<std::string> locks_by_waiting(const Validation& result);

}  // namespace inference
