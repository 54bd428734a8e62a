// SPDX-License-Identifier: MIT
// Section work: data structures as programs have them, behind each lock.
#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/block_pool.hpp"
#include "workloads/contended.hpp"
#include "workloads/lru_cache.hpp"

namespace bench {
namespace {

/// `step(index)` returns a worker's step: what it does again and again, and how much that was.
template <class MakeStep>
Figures measure_shared(unsigned threads, SteadyClock::duration length, const MakeStep& step) {
    std::atomic<std::uint64_t> total{0};
    const ShiftCost cost = run_crew(
        threads, length, [&](unsigned index, Shift& shift) { total += shift.work(step(index)); });
    return {{"ops_per_s", static_cast<double>(total) / cost.seconds}};
}

template <Peer Lock>
Figures measure_cache(unsigned threads, SteadyClock::duration length) {
    static const std::vector<std::uint32_t> keys = zipf_keys(kCacheKeys, std::size_t{1} << 16);
    LruCache<Lock> cache{kCacheCapacity};
    return measure_shared(threads, length, [&](unsigned index) {
        return [&cache, next = std::size_t{index} * 1000]() mutable {
            use_cache(cache, keys[next++ % keys.size()]);
            return 1U;
        };
    });
}

template <Peer Lock>
Figures measure_blocks(unsigned threads, SteadyClock::duration length) {
    BlockPool<Lock> pool{kPoolBlocks};
    Figures figures = measure_shared(threads, length, [&](unsigned index) {
        return [&pool, random = std::minstd_rand{index + 1}]() mutable {
            return serve_sequence(pool, random);
        };
    });
    check_exclusion(Lock::kName, 1, pool.is_whole() ? 1 : 0);
    return figures;
}

}  // namespace

Plan plan_work(const Options& options) {
    Plan plan;
    for (const unsigned threads : options.threads_or({2, 8})) {
        const std::string suffix = ", " + std::to_string(threads) + " threads";
        Cell cache{"work", "LRU cache" + suffix, {}};
        add_peers(cache, options, UnfairPeers{}, [threads, length = options.cell]<Peer Lock>() {
            return measure_cache<Lock>(threads, length);
        });
        Cell blocks{"work", "block pool" + suffix, {}};
        add_peers(blocks, options, UnfairPeers{}, [threads, length = options.cell]<Peer Lock>() {
            return measure_blocks<Lock>(threads, length);
        });
        plan.push_back(std::move(cache));
        plan.push_back(std::move(blocks));
    }
    return plan;
}

}  // namespace bench
