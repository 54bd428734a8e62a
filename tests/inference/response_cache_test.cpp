// SPDX-License-Identifier: MIT
// ResponseCache: three maps that agree, and an order of locks that twenty threads cannot break.
#include "inference/response_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "inference/sampler.hpp"
#include "support/threads.hpp"

namespace inference::test {
namespace {

void store(ResponseCache& cache, ResponseId id) {
    cache.store({id, "trigram", "one two"}, {"one", "two"}, {"question", "one two"});
}

TEST(ResponseCache, keeps_a_response_its_chunks_and_its_history) {
    ResponseCache cache{10};
    store(cache, 7);
    EXPECT_EQ(cache.response(7)->text, "one two");
    EXPECT_EQ(cache.chunks(7), (ResponseCache::Chunks{"one", "two"}));
    EXPECT_EQ(cache.history(7)->size(), 2);
    EXPECT_FALSE(cache.response(8));
}

TEST(ResponseCache, removes_all_three) {
    ResponseCache cache{10};
    store(cache, 7);
    EXPECT_TRUE(cache.remove(7));
    EXPECT_FALSE(cache.remove(7));
    EXPECT_FALSE(cache.response(7) || cache.chunks(7) || cache.history(7));
    EXPECT_EQ(cache.consistent_size(), 0);
}

TEST(ResponseCache, forgets_the_oldest_when_it_is_full) {
    ResponseCache cache{2};
    for (ResponseId id = 1; id <= 3; ++id) store(cache, id);
    EXPECT_FALSE(cache.response(1));
    EXPECT_TRUE(cache.response(2));
    EXPECT_EQ(cache.consistent_size(), 2);
}

// Each thread stores, removes, and reads one or all of the maps. Had any two of these functions
// another order, they would sooner or later wait for each other (and ThreadSanitizer would say so);
// were a response in one map and not in another while nobody holds the locks, the sizes would tell.
TEST(ResponseCache, twenty_threads_neither_deadlock_nor_see_it_half_done) {
    ResponseCache cache{16};
    std::atomic<int> torn{0};
    parking_lot::test::run_together(20, [&](std::size_t index) {
        for (std::size_t round = 0; round < 60; ++round) {
            const std::uint64_t dice = mix(index * 1000 + round);
            const ResponseId id = dice % 32;
            switch (dice >> 8 & 7) {
                case 0:
                case 1:
                case 2:
                    store(cache, id);
                    break;
                case 3:
                    cache.remove(id);
                    break;
                case 4:
                    (void)cache.response(id);
                    break;
                case 5:
                    (void)cache.chunks(id);
                    break;
                case 6:
                    (void)cache.history(id);
                    break;
                default:
                    torn += !cache.consistent_size();
                    break;
            }
        }
    });
    EXPECT_EQ(torn, 0);
    ASSERT_TRUE(cache.consistent_size());
    EXPECT_LE(*cache.consistent_size(), 16);
}

}  // namespace
}  // namespace inference::test
