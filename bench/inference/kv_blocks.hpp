// SPDX-License-Identifier: MIT
// BlockEngine: the physical blocks of the paged KV cache and who uses them.
//
// Locks: "kv_block", one Mutex for each physical block around its entries and its count of users:
// sequences with the same beginning share blocks, and read them at every step. "kv_free_list", a
// Mutex around the numbers of the blocks that nobody uses.
// Order: none, as neither is taken while the other is held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "inference/locks.hpp"
#include "inference/text.hpp"

namespace inference {

inline constexpr std::size_t kBlockEntries = 16;

/// What the cache keeps of one word of a sequence: the key and the value that later steps attend
/// to.
struct KvEntry {
    Token word;
    float weight;
};

using BlockId = std::uint32_t;

/// What a physical block holds, and how many use it.
struct KvBlock {
    unsigned users = 0;
    std::size_t size = 0;
    std::array<KvEntry, kBlockEntries> entries{};
};

class BlockEngine {
  public:
    explicit BlockEngine(std::size_t blocks) {
        const auto free = free_.lock();
        for (std::size_t i = 0; i < blocks; ++i) {
            blocks_.emplace_back("kv_block");
            free->push_back(static_cast<BlockId>(blocks - 1 - i));
        }
    }

    /// `count` empty blocks with one user each; all of them or nothing.
    [[nodiscard]] std::optional<std::vector<BlockId>> take(std::size_t count) {
        std::vector<BlockId> taken;
        {
            const auto free = free_.lock();
            if (free->size() < count) return std::nullopt;
            const auto first = free->end() - static_cast<std::ptrdiff_t>(count);
            taken.assign(first, free->end());
            free->erase(first, free->end());
        }
        for (const BlockId id : taken) {
            const auto block = blocks_[id].lock();
            block->users = 1;
            block->size = 0;
        }
        return taken;
    }

    /// One more user of a block that is in use.
    void share(BlockId id) { ++blocks_[id].lock()->users; }

    /// One user less. A block without users is free.
    void release(BlockId id) {
        const unsigned users = blocks_[id].with_lock([](KvBlock& block) { return --block.users; });
        if (users == 0) free_.lock()->push_back(id);
    }

    /// Requires: the caller is the block's only writer, and there is room.
    void append(BlockId id, KvEntry entry) {
        const auto block = blocks_[id].lock();
        block->entries[block->size++] = entry;
    }

    /// Calls `visit` with the entries of a block, its lock held.
    template <class Visit>
    void read(BlockId id, Visit&& visit) const {
        const auto block = blocks_[id].lock();
        visit(std::span{block->entries}.first(block->size));
    }

    [[nodiscard]] unsigned users(BlockId id) const { return blocks_[id].lock()->users; }
    [[nodiscard]] std::size_t size() const { return blocks_.size(); }
    [[nodiscard]] std::size_t free() const { return free_.lock()->size(); }

  private:
    std::deque<Mutex<KvBlock>> blocks_;  // never moved: locks stay where they are
    Mutex<std::vector<BlockId>> free_{"kv_free_list"};
};

}  // namespace inference
