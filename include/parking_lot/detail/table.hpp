// SPDX-License-Identifier: MIT
// Table: the static array of buckets that all parked threads of the process hang from.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "parking_lot/detail/bucket.hpp"
#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The parking table. Never grows and never allocates: 32 768 buckets keep most lists of keys at
/// one, even with 10 000 locks contended at once. All zeros, so it takes memory only where it is
/// used.
struct Table {
    static constexpr unsigned kBucketBits = 15;
    static constexpr std::size_t kBuckets = std::size_t{1} << kBucketBits;
    static constexpr std::size_t kBucketsInPage = 4096 / sizeof(Bucket);

    constexpr Table() noexcept = default;

    /// Makes it unforeseeable which addresses share a bucket. Before the table is used.
    void set_seed(std::uint64_t random_bits) noexcept { seed = random_bits & ~std::uint64_t{1}; }

    [[nodiscard]] Bucket& bucket_of(const void* address) noexcept {
        const std::size_t index = index_of(reinterpret_cast<std::uintptr_t>(address));
        // relaxed: who has to see the flag, a forked child or a visitor who was told that a thread
        // is parked, also sees what that thread did before. Read first: written once per page.
        std::atomic<bool>& used = page_used[index / kBucketsInPage];
        if (!used.load(std::memory_order_relaxed)) used.store(true, std::memory_order_relaxed);
        return buckets[index];
    }

    /// Calls `visit(bucket)` for every bucket that may ever have been locked, and some others.
    template <class Visit>
    void for_each_used_bucket(Visit&& visit) noexcept {
        for (std::size_t page = 0; page < page_used.size(); ++page) {
            if (!page_used[page].load(std::memory_order_relaxed)) continue;
            for (std::size_t i = 0; i < kBucketsInPage; ++i) {
                visit(buckets[page * kBucketsInPage + i]);
            }
        }
    }

    /// Empties the table. In a forked child no parked thread exists, and no holder of a bucket.
    void reset_after_fork() noexcept {
        // Reads before it writes, and only what was used: the child would copy every page.
        for_each_used_bucket([](Bucket& bucket) noexcept {
            if (bucket.queues.first() != nullptr) bucket.queues = WaiterQueues{};
            bucket.lock.reset_after_fork();
        });
    }

    /// The upper bits of a product with an odd number, which depend on all bits of the address.
    ///
    /// An odd number chosen at random gives any two addresses one bucket with a chance of at most
    /// two in kBuckets: who does not know the seed cannot choose addresses to pile up waiters. The
    /// first product and the folding, which lose nothing, undo the regular distances of arrays:
    /// there are odd numbers that would send many of these to few buckets.
    [[nodiscard]] PARKING_LOT_WRAPS std::size_t index_of(std::uint64_t address) const noexcept {
        constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15u;
        const std::uint64_t mixed = address * kGoldenRatio;
        const std::uint64_t hash = (mixed ^ (mixed >> 32)) * (kGoldenRatio ^ seed);
        return static_cast<std::size_t>(hash >> (64 - kBucketBits));
    }

    std::array<Bucket, kBuckets> buckets{};
    std::array<std::atomic<bool>, kBuckets / kBucketsInPage> page_used{};
    std::uint64_t seed = 0;  // even; written once, before the table is used
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
