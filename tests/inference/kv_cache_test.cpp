// SPDX-License-Identifier: MIT
// The paged KV cache: blocks, their counts of users, shared prefixes, eviction.
#include "inference/kv_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "inference/sample.hpp"
#include "support/threads.hpp"

namespace inference::test {
namespace {

constexpr std::uint64_t kModel = 1;

/// `count` words that depend on `kind`.
std::vector<Token> words(Token kind, std::size_t count) {
    std::vector<Token> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(kind + static_cast<Token>(i % 7));
    return all;
}

/// Admits a sequence and fills in its prompt, as a worker does.
std::optional<KvSequence> start(KvCache& cache, const std::vector<Token>& prompt,
                                std::size_t more) {
    std::optional<KvSequence> sequence = cache.admit(kModel, prompt, more);
    if (!sequence) return std::nullopt;
    for (std::size_t i = sequence->size(); i < prompt.size(); ++i) {
        sequence->append({prompt[i], 1});
    }
    cache.keep(kModel, prompt, *sequence);
    return sequence;
}

std::vector<Token> content(const KvSequence& sequence) {
    std::vector<Token> all;
    sequence.read([&](std::span<const KvEntry> entries) {
        for (const KvEntry& entry : entries) all.push_back(entry.word);
    });
    return all;
}

TEST(BlockEngine, takes_all_blocks_or_none) {
    BlockEngine engine{4};
    EXPECT_FALSE(engine.take(5));
    EXPECT_EQ(engine.free(), 4);
    const auto taken = engine.take(4);
    ASSERT_TRUE(taken);
    EXPECT_EQ(engine.free(), 0);
    EXPECT_FALSE(engine.take(1));
    for (const BlockId id : *taken) engine.release(id);
    EXPECT_EQ(engine.free(), 4);
}

TEST(BlockEngine, a_shared_block_is_free_when_its_last_user_leaves) {
    BlockEngine engine{1};
    const BlockId id = engine.take(1)->front();
    engine.share(id);
    engine.release(id);
    EXPECT_EQ(engine.users(id), 1);
    EXPECT_EQ(engine.free(), 0);
    engine.release(id);
    EXPECT_EQ(engine.users(id), 0);
    EXPECT_EQ(engine.free(), 1);
}

TEST(BlockEngine, a_block_taken_again_is_empty) {
    BlockEngine engine{1};
    BlockId id = engine.take(1)->front();
    engine.append(id, {5, 1});
    engine.release(id);
    id = engine.take(1)->front();
    engine.read(id, [](std::span<const KvEntry> entries) { EXPECT_TRUE(entries.empty()); });
}

TEST(KvCache, a_sequence_holds_what_was_appended) {
    KvCache cache{8};
    const auto prompt = words(1, 20);
    auto sequence = start(cache, prompt, 30);
    ASSERT_TRUE(sequence);
    std::vector<Token> expected = prompt;
    for (Token word = 100; word < 130; ++word) {
        sequence->append({word, 1});
        expected.push_back(word);
    }
    EXPECT_EQ(content(*sequence), expected);
    EXPECT_EQ(sequence->blocks().size(), 4);
}

TEST(KvCache, sequences_with_the_same_beginning_share_its_blocks) {
    KvCache cache{16};
    auto prompt = words(1, 40);
    const auto first = start(cache, prompt, 8);
    prompt.back() = 99;
    const auto second = start(cache, prompt, 8);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->blocks()[0], second->blocks()[0]);
    EXPECT_EQ(first->blocks()[1], second->blocks()[1]);
    EXPECT_NE(first->blocks()[2], second->blocks()[2]);
    EXPECT_EQ(content(*second), prompt);
    EXPECT_EQ(cache.free_blocks(), 16 - 4);
}

TEST(KvCache, a_beginning_outlives_its_sequence) {
    KvCache cache{16};
    const auto prompt = words(1, 40);
    start(cache, prompt, 8).reset();
    EXPECT_EQ(cache.free_blocks(), 16 - 2);
    const auto again = cache.admit(kModel, prompt, 8);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->size(), 32);
    EXPECT_EQ(cache.prefix_statistics().hits, 1);
}

TEST(KvCache, models_share_nothing) {
    KvCache cache{16};
    const auto prompt = words(1, 40);
    start(cache, prompt, 8).reset();
    EXPECT_EQ(cache.admit(kModel + 1, prompt, 8)->size(), 0);
}

TEST(KvCache, of_a_known_prompt_the_last_word_is_left_to_do) {
    KvCache cache{16};
    const auto prompt = words(1, 32);
    start(cache, prompt, 8).reset();
    EXPECT_EQ(cache.admit(kModel, prompt, 8)->size(), 16);
}

TEST(KvCache, evicts_the_beginning_that_was_not_used_for_longest) {
    KvCache cache{6};
    const auto oldest = words(1, 20);
    const auto newer = words(50, 20);
    start(cache, oldest, 1).reset();
    start(cache, newer, 1).reset();
    start(cache, oldest, 1).reset();  // makes `newer` the oldest
    EXPECT_EQ(cache.free_blocks(), 4);
    const auto large = cache.admit(kModel, words(100, 70), 8);  // needs 5 of 6
    ASSERT_TRUE(large);
    EXPECT_EQ(cache.prefix_statistics().blocks, 1);
    EXPECT_EQ(cache.free_blocks(), 0);
}

TEST(KvCache, never_evicts_what_a_sequence_uses) {
    KvCache cache{4};
    const auto running = start(cache, words(1, 32), 16);  // 3 blocks, 2 of them known
    ASSERT_TRUE(running);
    EXPECT_FALSE(cache.admit(kModel, words(50, 20), 8));
    EXPECT_EQ(content(*running), words(1, 32));
    EXPECT_EQ(cache.prefix_statistics().blocks, 2);
}

TEST(KvCache, a_refused_sequence_leaves_nothing_behind) {
    KvCache cache{4};
    start(cache, words(1, 20), 1).reset();
    EXPECT_FALSE(cache.admit(kModel, words(1, 20), 200));
    cache.forget_prefixes();
    EXPECT_EQ(cache.free_blocks(), 4);
}

TEST(KvCache, threads_leave_no_block_behind) {
    constexpr std::size_t kBlocks = 24;
    KvCache cache{kBlocks};
    std::atomic<int> wrong{0};
    parking_lot::test::run_together(8, [&](std::size_t index) {
        for (std::size_t round = 0; round < 100; ++round) {
            const auto prompt = words(static_cast<Token>(mix(index + round) % 5 * 10), 40);
            auto sequence = start(cache, prompt, 8);
            if (!sequence) continue;
            sequence->append({77, 1});
            std::vector<Token> expected = prompt;
            expected.push_back(77);
            wrong += content(*sequence) != expected;
        }
    });
    EXPECT_EQ(wrong, 0);
    cache.forget_prefixes();
    EXPECT_EQ(cache.free_blocks(), kBlocks);
    EXPECT_EQ(cache.prefix_statistics().blocks, 0);
}

}  // namespace
}  // namespace inference::test
