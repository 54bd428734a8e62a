// SPDX-License-Identifier: MIT
// Sampler: the generator that all sequences draw from, at every token.
//
// Locks: "sampling_state", a Mutex around the generator, as in the original server. It is the one
// lock that every worker takes for every token, so it is held for a few nanoseconds only.
// Order: taken alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "inference/locks.hpp"

namespace inference {

/// Mixes a number thoroughly (the finalizer of SplitMix64).
constexpr std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

class Sampler {
  public:
    explicit Sampler(std::uint64_t seed) : generator_{"sampling_state", Generator{seed, 0}} {}

    /// A number in [0, 1) that depends on the seeds and the step, not on who draws before: so a
    /// text does not depend on the order of threads.
    double draw(std::uint64_t request_seed, std::uint64_t step) {
        const std::uint64_t bits = generator_.with_lock([&](Generator& generator) {
            ++generator.draws;
            return mix(mix(generator.seed ^ mix(request_seed)) + step);
        });
        return static_cast<double>(bits >> 11) * 0x1p-53;
    }

    [[nodiscard]] std::uint64_t draws() const {
        return generator_.with_lock([](const Generator& generator) { return generator.draws; });
    }

  private:
    struct Generator {
        std::uint64_t seed;
        std::uint64_t draws;
    };

    Mutex<Generator> generator_;
};

/// The place in `weights` that `fraction`, in [0, 1), of their sum falls on. Requires: not empty.
inline std::size_t choose(std::span<const double> weights, double fraction) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    double left = fraction * sum;
    for (std::size_t i = 0; i + 1 < weights.size(); ++i) {
        left -= weights[i];
        if (left < 0) return i;
    }
    return weights.size() - 1;
}

}  // namespace inference
