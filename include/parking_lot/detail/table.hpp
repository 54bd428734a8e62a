// SPDX-License-Identifier: MIT
// Table: the static array of buckets that all parked threads of the process hang from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "parking_lot/detail/bucket.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The parking table. Never grows and never allocates: 8192 buckets keep a bucket's list of keys at
/// one or two even with 10 000 locks contended at once. All zeros, so it takes memory only where
/// it is used.
struct Table {
    static constexpr unsigned kBucketBits = 13;
    static constexpr std::size_t kBuckets = std::size_t{1} << kBucketBits;

    constexpr Table() noexcept = default;

    [[nodiscard]] Bucket& bucket_of(const void* address) noexcept {
        // Fibonacci hashing: the upper bits of the product depend on all bits of the address.
        const std::uint64_t hash =
            std::uint64_t{reinterpret_cast<std::uintptr_t>(address)} * 0x9E3779B97F4A7C15u;
        return buckets[static_cast<std::size_t>(hash >> (64 - kBucketBits))];
    }

    /// Empties the table. In a forked child no parked thread exists, and no holder of a bucket.
    void reset_after_fork() noexcept {
        for (Bucket& bucket : buckets) {
            if (bucket.queues.first() != nullptr) bucket.queues = WaiterQueues{};
            bucket.lock.reset_after_fork();
        }
    }

    std::array<Bucket, kBuckets> buckets{};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
