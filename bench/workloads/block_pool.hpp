// SPDX-License-Identifier: MIT
// Real work: the block engine of a paged KV cache, shared by the threads that serve sequences.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "harness/work.hpp"
#include "peers/peer.hpp"

namespace bench {

/// Hands out numbered blocks; a block may be shared and goes back when its last user frees it.
template <Peer Lock>
class BlockPool {
  public:
    using Blocks = std::vector<std::uint32_t>;

    explicit BlockPool(std::uint32_t blocks) : users_(blocks, 0) {
        for (std::uint32_t block = 0; block < blocks; ++block) free_.push_back(block);
    }

    /// Adds `count` blocks to `blocks`; all or none.
    bool allocate(Blocks& blocks, std::uint32_t count) {
        lock_.lock();
        const bool enough = free_.size() >= count;
        for (std::uint32_t i = 0; enough && i < count; ++i) {
            blocks.push_back(free_.back());
            free_.pop_back();
            users_[blocks.back()] = 1;
        }
        lock_.unlock();
        return enough;
    }

    /// Another sequence with the same prefix: one more user for each block.
    Blocks share(const Blocks& blocks) {
        Blocks copy = blocks;
        lock_.lock();
        for (const std::uint32_t block : blocks) ++users_[block];
        lock_.unlock();
        return copy;
    }

    void release(Blocks& blocks) {
        lock_.lock();
        for (const std::uint32_t block : blocks) {
            if (--users_[block] == 0) free_.push_back(block);
        }
        lock_.unlock();
        blocks.clear();
    }

    [[nodiscard]] bool is_whole() const { return free_.size() == users_.size(); }

  private:
    Lock lock_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint16_t> users_;
};

inline constexpr std::uint32_t kPoolBlocks = 4096;
inline constexpr unsigned kTokenUnits = 100;  // what a worker does between two visits to the pool

/// One worker's step: a sequence with its prompt, a fork that shares it, and some decoded tokens.
/// Returns the number of visits to the pool.
template <Peer Lock>
std::uint64_t serve_sequence(BlockPool<Lock>& pool, std::minstd_rand& random) {
    typename BlockPool<Lock>::Blocks mine;
    mine.reserve(64);
    if (!pool.allocate(mine, 4 + static_cast<std::uint32_t>(random() % 12))) return 1;
    auto fork = pool.share(mine);
    const auto tokens = 8 + random() % 24;
    for (unsigned token = 0; token < tokens; ++token) {
        work(token, kTokenUnits);
        if (!pool.allocate(mine, 1)) break;
    }
    pool.release(mine);
    work(tokens, kTokenUnits);
    pool.release(fork);
    return 4 + tokens;
}

}  // namespace bench
