// SPDX-License-Identifier: MIT
// Real work: an LRU cache behind one lock, asked for keys of very unequal popularity.
#pragma once

#include <cmath>
#include <cstdint>
#include <list>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/work.hpp"
#include "peers/peer.hpp"

namespace bench {

template <Peer Lock>
class LruCache {
  public:
    explicit LruCache(std::uint32_t capacity) {
        index_.reserve(capacity);
        for (std::uint32_t key = 0; key < capacity; ++key) {
            entries_.emplace_back(key, 1);
            index_.emplace(key, std::prev(entries_.end()));
        }
    }

    /// The value of `key`, or 0 when it is not cached.
    std::uint64_t get(std::uint32_t key) {
        lock_.lock();
        const auto found = index_.find(key);
        std::uint64_t value = 0;
        if (found != index_.end()) {
            entries_.splice(entries_.begin(), entries_, found->second);
            value = found->second->second;
        }
        lock_.unlock();
        return value;
    }

    /// Puts `key` in the place of the entry that was unused longest.
    void put(std::uint32_t key, std::uint64_t value) {
        lock_.lock();
        if (!index_.contains(key)) {
            const auto oldest = std::prev(entries_.end());
            auto node = index_.extract(oldest->first);
            node.key() = key;
            index_.insert(std::move(node));
            *oldest = {key, value};
            entries_.splice(entries_.begin(), entries_, oldest);
        }
        lock_.unlock();
    }

  private:
    using Entries = std::list<std::pair<std::uint32_t, std::uint64_t>>;

    Lock lock_;
    Entries entries_;
    std::unordered_map<std::uint32_t, Entries::iterator> index_;
};

/// Keys below `range`, key k about as often as 1/(k+1).
inline std::vector<std::uint32_t> zipf_keys(std::uint32_t range, std::size_t count) {
    std::minstd_rand random;
    std::uniform_real_distribution<double> exponent{0, std::log(static_cast<double>(range))};
    std::vector<std::uint32_t> keys(count);
    for (std::uint32_t& key : keys) {
        key = static_cast<std::uint32_t>(std::exp(exponent(random))) - 1;
    }
    return keys;
}

inline constexpr std::uint32_t kCacheCapacity = 1024;
inline constexpr std::uint32_t kCacheKeys = 4096;
inline constexpr unsigned kCacheUseUnits = 50;    // what a worker does with a value it got
inline constexpr unsigned kCacheFillUnits = 500;  // what it costs to compute a missing value

/// One worker's step: look a key up, compute it when it is missing, use it.
template <Peer Lock>
void use_cache(LruCache<Lock>& cache, std::uint32_t key) {
    const std::uint64_t value = cache.get(key);
    if (value == 0) cache.put(key, work(key, kCacheFillUnits) | 1);
    work(value, kCacheUseUnits);
}

}  // namespace bench
