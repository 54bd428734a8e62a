// SPDX-License-Identifier: MIT
// A text for the tests of the inference server: the same everywhere, whatever is installed.
#pragma once

#include <cstdint>
#include <string>

#include "inference/sampler.hpp"
#include "inference/text.hpp"
#include "inference/workload.hpp"

namespace inference::test {

/// Words drawn by chance, with a fixed seed.
inline std::string sample_prose(std::size_t words = 3000) {
    static constexpr const char* kWords[] = {
        "a",     "lock",  "thread", "that",  "waits",     "the",    "queue",       "of",
        "holds", "wakes", "and",    "then",  "releases",  "it",     "immediately", "sleeps",
        "until", "every", "reader", "which", "writes",    "before", "another",     "unlocks",
        "in",    "order", "with",   "many",  "different", "state",  "memory",      "again."};
    std::string prose;
    for (std::size_t i = 0; i < words; ++i) {
        prose += kWords[mix(i) % (8 + mix(i / 5) % 25)];
        prose += ' ';
    }
    return prose;
}

inline const Text& sample_text() {
    static const Text text{sample_prose()};
    return text;
}

inline Request sample_request(std::uint64_t seed, std::size_t max_words = 20) {
    Request request;
    request.prompt = sample_text().excerpt(static_cast<std::size_t>(seed) * 7, 12);
    request.max_words = max_words;
    request.seed = seed;
    return request;
}

}  // namespace inference::test
