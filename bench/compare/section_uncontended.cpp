// SPDX-License-Identifier: MIT
// Sections uncontended and size: what a lock costs when nobody else wants it.
#include <fstream>
#include <map>
#include <mutex>

#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/contended.hpp"
#include "workloads/uncontended.hpp"

namespace bench {
namespace {

class PairsCell {
  public:
    explicit PairsCell(std::string name) : cell_{"uncontended", std::move(name), {}} {}

    template <class Prepare>
    void add(std::string lock, Prepare prepare) {
        cell_.contestants.push_back(
            {std::move(lock), [prepare] { return Figures{{"ns", prepare(kStretches)}}; }});
    }

    template <class Lock>
    void add_pair(std::string name) {
        add(std::move(name),
            [](unsigned stretches) { return nanoseconds_of_pair<Lock>(stretches); });
    }

    Cell take() { return std::move(cell_); }

  private:
    Cell cell_;
};

void add_rust_extras(PairsCell& cell) {
#if BENCH_HAVE_RUST
    cell.add("rust, inlined", [](unsigned stretches) {
        std::uint8_t lock = 0;
        return nanoseconds_each(stretches, [&](auto n) { rust_pl_uncontended_loop(&lock, n); });
    });
    cell.add("two empty C calls", [](unsigned stretches) {
        std::uint8_t nothing = 0;
        return nanoseconds_each(stretches, [&](std::uint64_t pairs) {
            for (std::uint64_t i = 0; i < 2 * pairs; ++i) rust_pl_nop(&nothing);
        });
    });
#else
    (void)cell;
#endif
}

void add_our_extras(PairsCell& cell) {
    cell.add("Mutex<T>", [](unsigned stretches) {
        parking_lot::Mutex<std::uint64_t> mutex;
        return nanoseconds_each(stretches, [&](std::uint64_t pairs) {
            escape(mutex);
            for (std::uint64_t i = 0; i < pairs; ++i) (void)mutex.lock();
        });
    });
    cell.add_pair<OurRawMutex>("RawMutex");
    cell.add("RawWordMutex, contended before", [](unsigned stretches) {
        OurRawWordMutex lock;
        contend_once(lock);
        return nanoseconds_each(stretches, [&](auto n) { lock_and_unlock(lock, n); });
    });
    cell.add("RawWordMutex, no membarrier", [](unsigned stretches) {
        const WithoutMembarrier fallback;
        OurRawWordMutex lock;
        return nanoseconds_each(stretches, [&](auto n) { lock_and_unlock(lock, n); });
    });
}

Cell increment_cell() {
    PairsCell cell{"lock, ++data, unlock"};
    cell.add("std::mutex", [](unsigned stretches) {
        Guarded<StdMutex> shared;
        return nanoseconds_each(stretches, [&](std::uint64_t pairs) {
            escape(shared);
            for (std::uint64_t i = 0; i < pairs; ++i) {
                const std::lock_guard guard{shared.lock};
                ++shared.value;
            }
        });
    });
    cell.add("Mutex<T>", [](unsigned stretches) {
        parking_lot::Mutex<std::uint64_t> mutex;
        return nanoseconds_each(stretches, [&](std::uint64_t pairs) {
            escape(mutex);
            for (std::uint64_t i = 0; i < pairs; ++i) {
                const auto guard = mutex.lock();
                ++*guard;
            }
        });
    });
    return cell.take();
}

/// The functions of code_size.cpp and their bytes, in all and up to the first return.
std::map<std::string, double> code_sizes() {
    std::ifstream file{BENCH_CODE_SIZES};
    std::map<std::string, double> sizes;
    std::string function;
    for (double bytes = 0; file >> function >> bytes;) sizes[function] = bytes;
    return sizes;
}

Cell code_size_cell(const Options& options, const std::string& name, const std::string& suffix) {
    Cell cell{"size", name, {}};
    const std::map<std::string, double> sizes = code_sizes();
    for (const auto& [function, lock] :
         {std::pair{"pair_std", "std::mutex"}, std::pair{"pair_raw_word", "RawWordMutex"},
          std::pair{"pair_raw", "RawMutex"}, std::pair{"pair_raw_fair", "RawFairMutex"}}) {
        const auto found = sizes.find(function + suffix);
        if (found == sizes.end() || !options.wants_lock(lock)) continue;
        const double bytes = found->second;
        cell.contestants.push_back({lock, [bytes] { return Figures{{"bytes", bytes}}; }});
    }
    cell.rounds_at_most = 1;
    return cell;
}

}  // namespace

Plan plan_uncontended(const Options& options) {
    PairsCell cell{"lock, unlock"};
    for_each_peer(AllPeers{}, [&]<class Lock>() {
        if (options.wants_lock(Lock::kName)) cell.add_pair<Lock>(std::string{Lock::kName});
    });
    if (options.wants_lock("rust")) add_rust_extras(cell);
    if (options.wants_lock(OurRawWordMutex::kName)) add_our_extras(cell);
    cell.add_pair<CasAndStore<std::uint8_t>>("limit: CAS, store of 1 byte");
    cell.add_pair<CasAndStore<std::uint32_t>>("limit: CAS, store of 4 bytes");
    Plan plan(kPairRepeats, cell.take());
    plan.resize(2 * kPairRepeats, increment_cell());
    return plan;
}

Plan plan_size(const Options& options) {
    Cell locks{"size", "the lock", {}};
    add_peers(locks, options, AllPeers{} + PeerList<OurRawMutex>{}, []<Peer Lock>() -> Figures {
        return {{"bytes", static_cast<double>(sizeof(Lock))}};
    });
    locks.rounds_at_most = 1;
    return {std::move(locks),
            code_size_cell(options, "code of lock+unlock, to the return", ".to_return"),
            code_size_cell(options, "code of lock+unlock, with the calls for the rare cases", "")};
}

}  // namespace bench
