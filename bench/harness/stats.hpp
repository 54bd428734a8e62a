// SPDX-License-Identifier: MIT
// The few statistics the comparison needs: median, geometric mean, Jain index, wait histogram.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bench {

inline double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

inline double geometric_mean(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += std::log(value);
    return values.empty() ? 0 : std::exp(sum / static_cast<double>(values.size()));
}

/// 1 when all shares are equal, 1/n when one takes everything.
inline double jain_index(std::span<const std::uint64_t> shares) {
    double sum = 0;
    double squares = 0;
    for (const std::uint64_t share : shares) {
        const auto value = static_cast<double>(share);
        sum += value;
        squares += value * value;
    }
    return squares == 0 ? 0 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

/// Counts of durations in buckets 1/16 of a power of two wide; the maximum is kept exactly.
class Histogram {
  public:
    void add(std::uint64_t value) noexcept {
        ++counts_[bucket_of(value)];
        max_ = std::max(max_, value);
    }

    void add(const Histogram& other) noexcept {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        max_ = std::max(max_, other.max_);
    }

    [[nodiscard]] bool is_empty() const noexcept {
        return std::ranges::all_of(counts_, [](std::uint64_t count) { return count == 0; });
    }

    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

    /// The value that a fraction of `share` of all values does not exceed.
    [[nodiscard]] double quantile(double share) const noexcept {
        std::uint64_t total = 0;
        for (const std::uint64_t count : counts_) total += count;
        const double rank = share * static_cast<double>(total);
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            below += counts_[i];
            if (below > 0 && static_cast<double>(below) >= rank) {
                return std::min(middle_of(i), static_cast<double>(max_));
            }
        }
        return 0;
    }

  private:
    static constexpr unsigned kSubBits = 4;
    static constexpr std::size_t kSubBuckets = std::size_t{1} << kSubBits;

    static std::size_t bucket_of(std::uint64_t value) noexcept {
        if (value < kSubBuckets) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
        return (shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
    }

    static double middle_of(std::size_t bucket) noexcept {
        if (bucket < kSubBuckets) return static_cast<double>(bucket);
        const auto shift = static_cast<int>(bucket / kSubBuckets) - 1;
        const auto low = static_cast<double>(kSubBuckets + bucket % kSubBuckets);
        return std::ldexp(low + 0.5, shift);
    }

    std::array<std::uint64_t, (64 - kSubBits + 1) * kSubBuckets> counts_{};
    std::uint64_t max_ = 0;
};

}  // namespace bench
