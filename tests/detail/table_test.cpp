// SPDX-License-Identifier: MIT
// Table: how addresses spread over it, its size, and its state in a forked child.
#include "parking_lot/detail/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "parking_lot/detail/module.hpp"

namespace parking_lot::detail {
namespace {

static_assert(sizeof(Table::buckets) == Table::kBuckets * 64);
static_assert(alignof(Table) == 64);
static_assert(std::is_trivially_destructible_v<Table>);

constinit Table zero_initialized;

const void* address_at(std::uintptr_t address) { return reinterpret_cast<const void*>(address); }

TEST(Table, IsAllZerosAtFirst) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&zero_initialized);
    EXPECT_TRUE(std::all_of(bytes, bytes + sizeof(Table), [](unsigned char b) { return b == 0; }));
}

TEST(Table, AddressAlwaysHasTheSameBucketInTheTable) {
    int object = 0;
    Bucket& bucket = zero_initialized.bucket_of(&object);
    EXPECT_EQ(&zero_initialized.bucket_of(&object), &bucket);
    EXPECT_GE(&bucket, zero_initialized.buckets.data());
    EXPECT_LT(&bucket, zero_initialized.buckets.data() + Table::kBuckets);
}

TEST(Table, ExtremeAddresses) {
    for (const std::uintptr_t address :
         {std::uintptr_t{0}, std::uintptr_t{1}, ~std::uintptr_t{0}}) {
        const Bucket& bucket = zero_initialized.bucket_of(address_at(address));
        EXPECT_GE(&bucket, zero_initialized.buckets.data());
        EXPECT_LT(&bucket, zero_initialized.buckets.data() + Table::kBuckets);
    }
}

/// The most that share a bucket among as many addresses as there are buckets, `stride` bytes apart.
std::size_t most_in_a_bucket(const Table& table, std::uint64_t start, std::uint64_t stride) {
    std::vector<std::size_t> counts(Table::kBuckets);
    for (std::size_t i = 0; i < Table::kBuckets; ++i) ++counts[table.index_of(start + i * stride)];
    return *std::max_element(counts.begin(), counts.end());
}

TEST(Table, ArraysOfLocksSpreadWellWhateverTheSeed) {
    const auto table = std::make_unique<Table>();
    // Multipliers of all kinds: the golden ratio itself, 1, all ones, and some without a pattern.
    constexpr std::array<std::uint64_t, 6> kSeeds{
        0,         0x9E3779B97F4A7C14, 0x61C8864680B583EA,
        0x1234567, 0xD1B54A32D192ED03, 0xA0761D6478BD642F};
    for (const std::uint64_t seed : kSeeds) {
        table->set_seed(seed);
        for (const std::uint64_t start : {0x10000u, 0x7fff1234u}) {
            for (const std::uint64_t stride :
                 {1u, 2u, 8u, 24u, 40u, 64u, 100u, 256u, 4096u, 65536u, 1u << 20}) {
                EXPECT_LE(most_in_a_bucket(*table, start, stride), 12u)
                    << seed << ": " << start << " by " << stride;
            }
        }
    }
}

TEST(Table, AddressesThatShareABucketDoNotUnderAnotherSeed) {
    constexpr std::size_t kLocks = 1000;
    const auto table = std::make_unique<Table>();
    table->set_seed(0x1234567);
    std::vector<std::uint64_t> piled_up;
    for (std::uint64_t address = 0x7f0000000000; piled_up.size() < kLocks; address += 64) {
        if (table->index_of(address) == 0) piled_up.push_back(address);
    }
    table->set_seed(0xD1B54A32D192ED03u);
    std::vector<std::size_t> counts(Table::kBuckets);
    for (const std::uint64_t address : piled_up) ++counts[table->index_of(address)];
    EXPECT_LE(*std::max_element(counts.begin(), counts.end()), 6u);
}

TEST(Table, ThatOfTheProcessHasASeed) { EXPECT_NE(table().seed, 0u); }

TEST(Table, ResetAfterForkEmptiesQueuesAndFreesLocks) {
    const auto table = std::make_unique<Table>();
    Waiter waiter;
    waiter.key = {address_at(1), Kind::User};
    Bucket& bucket = table->bucket_of(address_at(1));
    bucket.lock.lock();
    bucket.queues.push_back(waiter);
    Bucket& other = table->bucket_of(address_at(2));
    ASSERT_NE(&other, &bucket);
    other.lock.lock();

    table->reset_after_fork();
    EXPECT_EQ(bucket.queues.first(), nullptr);
    for (Bucket& each : table->buckets) {
        each.lock.lock();  // would hang if it were still held
        each.lock.unlock();
    }
}

TEST(Table, VisitsEveryBucketThatWasUsedAndFewOthers) {
    const auto table = std::make_unique<Table>();
    Bucket& bucket = table->bucket_of(address_at(1));
    std::size_t visits = 0;
    bool found = false;
    table->for_each_used_bucket([&](const Bucket& each) noexcept {
        ++visits;
        found = found || &each == &bucket;
    });
    EXPECT_TRUE(found);
    EXPECT_EQ(visits, Table::kBucketsInPage);
}

}  // namespace
}  // namespace parking_lot::detail
