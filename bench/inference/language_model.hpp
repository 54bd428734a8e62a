// SPDX-License-Identifier: MIT
// LanguageModel: which words follow which, counted. Never changed once trained, so it needs no
// lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "inference/text.hpp"

namespace inference {

/// A word that was seen after some context, and how often.
struct Follower {
    Token word;
    std::uint32_t count;
};

/// The last two words of a sequence.
struct Context {
    Token before_last = kUnknownToken;
    Token last = kUnknownToken;

    void push(Token word) {
        before_last = last;
        last = word;
    }
};

/// The words after each context, in one array; contexts are numbers.
class FollowerTable {
  public:
    /// Counts pairs of a context and the word that followed it.
    explicit FollowerTable(std::vector<std::pair<std::uint64_t, Token>> pairs) {
        std::ranges::sort(pairs);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& [context, word] = pairs[i];
            const bool is_repeated = i > 0 && pairs[i - 1] == pairs[i];
            if (is_repeated) {
                ++followers_.back().count;
                continue;
            }
            Range& range = ranges_.try_emplace(context, Range{followers_.size(), 0}).first->second;
            ++range.size;
            followers_.push_back({word, 1});
        }
    }

    /// In the order of their numbers; empty when the context was never seen.
    [[nodiscard]] std::span<const Follower> after(std::uint64_t context) const {
        const auto found = ranges_.find(context);
        if (found == ranges_.end()) return {};
        return std::span{followers_}.subspan(found->second.start, found->second.size);
    }

  private:
    struct Range {
        std::size_t start;
        std::size_t size;
    };

    std::vector<Follower> followers_;
    std::unordered_map<std::uint64_t, Range> ranges_;
};

/// A model of order two (bigrams) or three (trigrams) that falls back to a shorter context where
/// the longer one was never seen, and to the commonest words in the end.
class LanguageModel {
  public:
    LanguageModel(const Text& text, unsigned order)
        : trigrams_{order >= 3 ? pairs_of(text, &after_two) : Pairs{}},
          bigrams_{pairs_of(text, &after_one)},
          commonest_{commonest_words(text)} {}

    /// The words that may follow, never none.
    [[nodiscard]] std::span<const Follower> followers(const Context& context) const {
        if (const auto found = trigrams_.after(after_two(context)); !found.empty()) return found;
        if (const auto found = bigrams_.after(after_one(context)); !found.empty()) return found;
        return commonest_;
    }

    /// How much `word` tells in this context: minus the binary logarithm of its probability.
    [[nodiscard]] float surprise(const Context& context, Token word) const {
        double all = 1;  // for the words never seen here
        double of_word = 1.0 / 16;
        for (const Follower& follower : followers(context)) {
            all += follower.count;
            if (follower.word == word) of_word += follower.count;
        }
        return static_cast<float>(std::log2(all / of_word));
    }

    /// Tells it from every other model of this program.
    [[nodiscard]] std::uint64_t number() const { return number_; }

  private:
    using Pairs = std::vector<std::pair<std::uint64_t, Token>>;

    static constexpr std::size_t kCommonest = 64;
    static inline std::atomic<std::uint64_t> last_number{0};

    static std::uint64_t after_one(const Context& context) { return context.last; }
    static std::uint64_t after_two(const Context& context) {
        return std::uint64_t{context.before_last} << 32 | context.last;
    }

    static Pairs pairs_of(const Text& text, std::uint64_t (*key)(const Context&)) {
        Pairs pairs;
        Context context;
        for (const Token word : text.words()) {
            pairs.emplace_back(key(context), word);
            context.push(word);
        }
        return pairs;
    }

    static std::vector<Follower> commonest_words(const Text& text) {
        std::vector<Follower> words(text.vocabulary_size());
        for (Token word = 0; word < words.size(); ++word) words[word] = {word, 0};
        for (const Token word : text.words()) ++words[word].count;
        std::ranges::sort(words, [](const Follower& a, const Follower& b) {
            return a.count != b.count ? a.count > b.count : a.word < b.word;
        });
        words.resize(std::min(words.size() - 1, kCommonest));
        std::ranges::sort(words, {}, &Follower::word);
        return words;
    }

    // relaxed: only has to be different each time
    const std::uint64_t number_ = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
    FollowerTable trigrams_;
    FollowerTable bigrams_;
    std::vector<Follower> commonest_;
};

}  // namespace inference
