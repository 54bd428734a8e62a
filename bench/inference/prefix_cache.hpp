// SPDX-License-Identifier: MIT
// PrefixCache: full blocks of prompts, kept after their sequences have gone, for the next sequence
// that begins with the same words and asks the same model.
//
// Locks: "prefix_cache", a Mutex around the table and the order of use.
// Order: prefix_cache -> kv_block: a block is shared while the table says that it is there, so it
// cannot be evicted in between. Nobody takes prefix_cache with a block locked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "inference/kv_blocks.hpp"
#include "inference/locks.hpp"
#include "inference/sampler.hpp"
#include "inference/text.hpp"

namespace inference {

namespace detail {

/// What the lock of a PrefixCache protects.
struct PrefixTable {
    struct Kept {
        std::uint64_t hash;
        BlockId block;
    };

    std::list<Kept> latest_first;
    std::unordered_map<std::uint64_t, std::list<Kept>::iterator> by_hash;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
};

}  // namespace detail

class PrefixCache {
  public:
    explicit PrefixCache(BlockEngine& blocks) : blocks_{blocks} {}
    PrefixCache(const PrefixCache&) = delete;
    PrefixCache& operator=(const PrefixCache&) = delete;
    ~PrefixCache() { evict(blocks_.size()); }

    /// The blocks that hold the longest known beginning of `prompt`. The caller becomes a user of
    /// each. They never hold the whole prompt: there is a last word to go on from.
    [[nodiscard]] std::vector<BlockId> find(std::uint64_t model, std::span<const Token> prompt) {
        std::vector<BlockId> found;
        const auto table = table_.lock();
        std::uint64_t hash = model;
        while ((found.size() + 1) * kBlockEntries < prompt.size()) {
            const auto words = prompt.subspan(found.size() * kBlockEntries, kBlockEntries);
            hash = extend(hash, words);
            const auto known = table->by_hash.find(hash);
            if (known == table->by_hash.end() || !holds(known->second->block, words)) break;
            table->latest_first.splice(table->latest_first.begin(), table->latest_first,
                                       known->second);
            blocks_.share(known->second->block);
            found.push_back(known->second->block);
        }
        (found.empty() ? table->misses : table->hits) += 1;
        return found;
    }

    /// Keeps the full blocks of `prompt`, which lies in `blocks`; the cache becomes their user.
    void insert(std::uint64_t model, std::span<const Token> prompt,
                std::span<const BlockId> blocks) {
        const auto table = table_.lock();
        std::uint64_t hash = model;
        for (std::size_t i = 0; (i + 1) * kBlockEntries <= prompt.size(); ++i) {
            hash = extend(hash, prompt.subspan(i * kBlockEntries, kBlockEntries));
            if (table->by_hash.contains(hash)) continue;
            blocks_.share(blocks[i]);
            table->latest_first.push_front({hash, blocks[i]});
            table->by_hash.emplace(hash, table->latest_first.begin());
        }
    }

    /// Gives up to `count` blocks back that no sequence uses, the least recently used first.
    /// Returns how many.
    std::size_t evict(std::size_t count) {
        std::size_t evicted = 0;
        const auto table = table_.lock();
        auto place = table->latest_first.end();
        while (evicted < count && place != table->latest_first.begin()) {
            --place;
            // Nobody else can become a user of it meanwhile: find() needs this lock.
            if (blocks_.users(place->block) > 1) continue;
            table->by_hash.erase(place->hash);
            blocks_.release(place->block);
            place = table->latest_first.erase(place);
            ++evicted;
        }
        return evicted;
    }

    struct Statistics {
        std::size_t blocks;
        std::uint64_t hits;
        std::uint64_t misses;
    };
    [[nodiscard]] Statistics statistics() const {
        const auto table = table_.lock();
        return {table->by_hash.size(), table->hits, table->misses};
    }

  private:
    /// Of a whole beginning: of the model, all blocks so far, and these words.
    static std::uint64_t extend(std::uint64_t hash, std::span<const Token> words) {
        for (const Token word : words) hash = mix(hash ^ word);
        return hash;
    }

    /// Whether these are the words of the block, and not just some with the same hash.
    bool holds(BlockId id, std::span<const Token> words) const {
        bool same = false;
        blocks_.read(id, [&](std::span<const KvEntry> entries) {
            same = std::ranges::equal(entries, words, {}, &KvEntry::word);
        });
        return same;
    }

    BlockEngine& blocks_;
    Mutex<detail::PrefixTable> table_{"prefix_cache"};
};

}  // namespace inference
