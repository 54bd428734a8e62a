// SPDX-License-Identifier: MIT
// The list of sections, of locks, and of the peers this build lacks.
#include "compare/sections.hpp"

#include <algorithm>

#include "peers/all.hpp"
#include "peers/metered.hpp"

namespace bench {

const std::vector<Section>& sections() {
    static const std::vector<Section> all{
        {"size", "bytes of a lock, and of an inlined lock+unlock pair", plan_size},
        {"uncontended", "one thread: nanoseconds for a lock+unlock pair", plan_uncontended},
        {"contended", "threads x work inside x work outside: throughput, shares, waits",
         plan_contended},
        {"seed", "N threads, each 1000 times lock and increment", plan_seed},
        {"fair", "fair locks: throughput with 8 threads, and whether the order is FIFO", plan_fair,
         std::string{kYardstick}, "RawFairMutex"},
        {"work", "an LRU cache and a paged block pool shared by threads", plan_work},
        {"wake", "cost of waking one of 10 to 10 000 parked threads", plan_wake},
        {"rwlock", "readers-writer locks: alone; and mixed loads, about 20 ns inside, 100 outside",
         plan_rwlock, "std::shared_mutex", "RawRwLock"},
        {"condvar", "condition variables: ping-pong, notify_all, a queue of 16 places",
         plan_condvar, "std::condition_variable", "Condvar"},
        {"once", "call_once when all is done", plan_once, "std::call_once", "Once"},
        {"reentrant", "one thread: reentrant mutexes", plan_reentrant, "std::recursive_mutex",
         "RawReentrantMutex"},
        {"metered", "metered locks beside plain ones; and a snapshot of their metrics",
         plan_metered, std::string{kPlain}},
    };
    return all;
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const Section& section : sections()) names.push_back(section.name);
    return names;
}

const Section& section_named(std::string_view name) {
    return *std::ranges::find(sections(), name, &Section::name);
}

std::vector<std::string> lock_names() {
    std::vector<std::string> names;
    constexpr auto kAll = AllPeers{} + SharedPeers{} + CondvarPeers{} + OncePeers{} +
                          ReentrantPeers{} + MeteredPeers{};
    for_each_peer(kAll, [&]<class Lock>() {
        const std::string name{Lock::kName};
        // Some are of several kinds.
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    });
    return names;
}

bool is_ours(std::string_view lock) {
    return lock.starts_with("Raw") || lock.starts_with("Mutex<T>") || lock.starts_with("core") ||
           lock == "Condvar" || lock == "Once" || lock == kPlain || lock == kMetered;
}

std::vector<SkippedPeer> skipped_peers() {
    std::vector<SkippedPeer> skipped;
    const auto unless = [&](bool have, const char* name, const char* package) {
        if (!have) skipped.push_back({name, package});
    };
    unless(BENCH_HAVE_ABSL, "absl: Mutex, CondVar, call_once", BENCH_PACKAGES_ABSL);
    unless(BENCH_HAVE_TBB, "tbb: mutex, rw_mutex", BENCH_PACKAGES_TBB);
    unless(BENCH_HAVE_NSYNC, "nsync_mu", BENCH_PACKAGES_NSYNC);
    unless(BENCH_HAVE_BOOST, "boost: mutex, shared_mutex, recursive_mutex", BENCH_PACKAGES_BOOST);
    unless(BENCH_HAVE_RUST, "rust, rust-fair, rust-rwlock, rust-condvar", BENCH_PACKAGES_RUST);
    return skipped;
}

}  // namespace bench
