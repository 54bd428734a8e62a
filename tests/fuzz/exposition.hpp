// SPDX-License-Identifier: MIT
// A strict reader of Prometheus's text format, version 0.0.4.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace parking_lot::fuzz {

/// Why a text is no exposition, and where.
class NoExposition : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Sample {
    std::string name;
    std::map<std::string, std::string> labels;
    double value = 0;
};

/// A metric with all samples of it. A histogram has them under three names.
struct Family {
    std::string name;
    std::string type;
    std::vector<Sample> samples;
};

/// Reads what a server would scrape; throws NoExposition where it is stricter than that text.
/// Strict: each family has a HELP and a TYPE line, and is there once; so are each label of a
/// sample, and each sample. The text is UTF-8, and ends with a line's end. Buckets of a histogram
/// count up to its count.
[[nodiscard]] std::vector<Family> read_exposition(std::string_view text);

}  // namespace parking_lot::fuzz
