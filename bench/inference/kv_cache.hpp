// SPDX-License-Identifier: MIT
// KvCache: gives each sequence the blocks for its words, the known beginning shared with others.
//
// Locks: none of its own; see kv_blocks.hpp and prefix_cache.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "inference/kv_blocks.hpp"
#include "inference/prefix_cache.hpp"
#include "inference/text.hpp"

namespace inference {

/// The blocks of one sequence. Used by one thread at a time; gives its blocks back at the end.
class KvSequence {
  public:
    KvSequence(BlockEngine& engine, std::vector<BlockId> blocks, std::size_t size)
        : engine_{&engine}, blocks_{std::move(blocks)}, size_{size} {}
    KvSequence(KvSequence&& other) noexcept
        : engine_{other.engine_},
          blocks_{std::exchange(other.blocks_, {})},
          size_{std::exchange(other.size_, 0)} {}
    KvSequence& operator=(KvSequence&&) = delete;
    ~KvSequence() {
        for (const BlockId id : blocks_) engine_->release(id);
    }

    /// Takes over blocks to append to.
    void add(std::span<const BlockId> fresh) {
        blocks_.insert(blocks_.end(), fresh.begin(), fresh.end());
    }

    /// Requires: fewer words than there is room for.
    void append(KvEntry entry) { engine_->append(blocks_[size_++ / kBlockEntries], entry); }

    /// Calls `visit` with the entries of each block that has some, in order.
    template <class Visit>
    void read(const Visit& visit) const {
        const std::size_t used = (size_ + kBlockEntries - 1) / kBlockEntries;
        for (const BlockId id : std::span{blocks_}.first(used)) engine_->read(id, visit);
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const BlockId> blocks() const { return blocks_; }

  private:
    BlockEngine* engine_;
    std::vector<BlockId> blocks_;
    std::size_t size_;
};

class KvCache {
  public:
    explicit KvCache(std::size_t blocks) : engine_{blocks} {}

    /// How many words fit in, when one sequence has it all.
    [[nodiscard]] std::size_t capacity() const { return engine_.size() * kBlockEntries; }

    /// Blocks for `prompt` and `more` words after it, the ones that are known filled already. All
    /// that the sequence will ever need, so that a running one is never stopped by a lack of
    /// blocks. Nothing when other sequences have too many of them: try again when one has ended.
    /// Values of one model mean nothing to another: `model` is its number.
    [[nodiscard]] std::optional<KvSequence> admit(std::uint64_t model,
                                                  std::span<const Token> prompt, std::size_t more) {
        std::vector<BlockId> known = prefixes_.find(model, prompt);
        const std::size_t filled = known.size() * kBlockEntries;
        KvSequence sequence{engine_, std::move(known), filled};
        const std::size_t all = (prompt.size() + more + kBlockEntries - 1) / kBlockEntries;
        auto fresh = take(all - filled / kBlockEntries);
        if (!fresh) return std::nullopt;
        sequence.add(*fresh);
        return sequence;
    }

    /// Lets later sequences that begin with `prompt` find it. Requires: it is all in `sequence`.
    void keep(std::uint64_t model, std::span<const Token> prompt, const KvSequence& sequence) {
        prefixes_.insert(model, prompt, sequence.blocks());
    }

    /// Forgets every beginning that no sequence uses.
    void forget_prefixes() { prefixes_.evict(engine_.size()); }

    [[nodiscard]] std::size_t free_blocks() const { return engine_.free(); }
    [[nodiscard]] std::size_t blocks() const { return engine_.size(); }
    [[nodiscard]] PrefixCache::Statistics prefix_statistics() const {
        return prefixes_.statistics();
    }

  private:
    /// Evicts no more than it must.
    std::optional<std::vector<BlockId>> take(std::size_t count) {
        for (;;) {
            if (auto taken = engine_.take(count)) return taken;
            const std::size_t free = engine_.free();
            if (free < count && prefixes_.evict(count - free) == 0) return std::nullopt;
        }
    }

    BlockEngine engine_;
    PrefixCache prefixes_{engine_};
};

}  // namespace inference
