// SPDX-License-Identifier: MIT
// MeterRegistry: the meters of all metered locks of the process, by name and labels.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "parking_lot/detail/meter.hpp"
#include "parking_lot/detail/module.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What makes locks one series.
struct SeriesKey {
    std::string name;
    metrics::Labels labels;
    bool is_rwlock = false;

    [[nodiscard]] std::size_t modes() const noexcept { return is_rwlock ? kSlots : 1; }
    // Not <=>, which the strings of libc++ 14 lack.
    friend bool operator<(const SeriesKey& a, const SeriesKey& b) {
        return std::tie(a.name, a.labels, a.is_rwlock) < std::tie(b.name, b.labels, b.is_rwlock);
    }
};

/// The locks of one name and one set of labels, dead or alive. Never destroyed.
struct MeterSeries {
    const char* name = "";      // of its key
    std::uint32_t read_id = 0;  // of RwLocks: the place of their readers in every ReadShard
    std::array<SharedModeMeter, kSlots> shared{};
    Counter unsharded_reads{0};  // by threads without a shard

    // Guarded by the registry's mutex.
    std::forward_list<MeterCell> cells;
    MeterCell* first_free = nullptr;
    std::uint64_t live_locks = 0;
    bool samples_holds = false;  // one of the locks does, or did

    [[nodiscard]] SharedModeMeter& operator[](Slot slot) noexcept {
        return shared[static_cast<std::size_t>(slot)];
    }
    [[nodiscard]] const SharedModeMeter& operator[](Slot slot) const noexcept {
        return shared[static_cast<std::size_t>(slot)];
    }
};

/// The acquisitions of one thread for reading, by read_id: only that thread writes them. A thread
/// that ends leaves its shard, with the counts in it, to a later one. Guarded by the registry's
/// mutex, except the counts.
struct ReadShard {
    Counter* counts = nullptr;
    std::uint32_t size = 0;
    bool is_taken = false;
    ReadShard* next = nullptr;
};

/// All series. Its mutex is taken where a lock is constructed or destroyed, by snapshots for one
/// series at a time, and around fork(); never to lock or unlock a metered lock. Memory is taken and
/// given back without it, as an allocator may have locks of its own that it holds across fork().
class MeterRegistry {
  public:
    explicit MeterRegistry(BucketLock& mutex) noexcept : mutex_{mutex} {}
    MeterRegistry(const MeterRegistry&) = delete;
    MeterRegistry& operator=(const MeterRegistry&) = delete;

    /// A cell for a new lock that counts its exclusive acquisitions in `live`. May throw bad_alloc.
    [[nodiscard]] MeterCell& enroll(const SeriesKey& key, const Counter& live, bool samples_holds) {
        const std::size_t modes = key.modes();
        MeterSeries& series = series_of(key);
        std::unique_lock guard{mutex_};
        if (series.first_free == nullptr) {
            guard.unlock();
            std::forward_list<MeterCell> fresh;
            fresh.emplace_front(series, modes);
            guard.lock();
            fresh.front().next_free = std::exchange(series.first_free, &fresh.front());
            series.cells.splice_after(series.cells.before_begin(), fresh);
        }
        MeterCell& cell = *std::exchange(series.first_free, series.first_free->next_free);
        cell.live = &live;
        ++series.live_locks;
        series.samples_holds |= samples_holds;
        return cell;
    }

    /// The lock that had `cell` dies.
    void withdraw(MeterCell& cell) noexcept {
        const std::lock_guard guard{mutex_};
        MeterSeries& series = cell.series;
        add<Writers::One>(cell[Slot::Alone].acquisitions, read(*std::exchange(cell.live, nullptr)));
        cell.forget_holds();
        cell.next_free = std::exchange(series.first_free, &cell);
        --series.live_locks;
    }

    using Entry = std::pair<const SeriesKey, MeterSeries>;

    /// All series that there are now, sorted.
    [[nodiscard]] std::vector<const Entry*> entries() {
        std::vector<const Entry*> all;
        std::unique_lock guard{mutex_};
        while (all.capacity() < series_.size()) {
            const std::size_t size = series_.size();
            guard.unlock();
            all.reserve(size);
            guard.lock();
        }
        for (const Entry& entry : series_) all.push_back(&entry);
        return all;
    }

    /// Calls `visit()` while no lock or thread comes or goes.
    template <class Visit>
    void with_lock(Visit&& visit) {
        const std::lock_guard guard{mutex_};
        visit();
    }

    /// The acquisitions for reading of all threads. Call in with_lock().
    [[nodiscard]] std::uint64_t reads_of(const MeterSeries& series) const noexcept {
        std::uint64_t reads = read(series.unsharded_reads);
        for (const ReadShard* shard = shards_; shard != nullptr; shard = shard->next) {
            if (series.read_id < shard->size) reads += read(shard->counts[series.read_id]);
        }
        return reads;
    }

    /// A shard with a place for `read_id`: a new one, or `old`, grown. Null if that would mean to
    /// wait, or if memory is short.
    [[nodiscard]] ReadShard* shard_for(std::uint32_t read_id, ReadShard* old) noexcept {
        const std::uint32_t size = std::bit_ceil((std::max)(read_id + 1, std::uint32_t{8}));
        Counts counts{new (kLine, std::nothrow) Counter[size]{}};
        std::unique_ptr<ReadShard> fresh{old == nullptr ? new (std::nothrow) ReadShard : nullptr};
        if (counts == nullptr || (old == nullptr && fresh == nullptr)) return nullptr;
        // After what it may leave over, and so unlocked before that is freed.
        const std::unique_lock guard{mutex_, std::try_to_lock};
        if (!guard.owns_lock()) return nullptr;
        ReadShard* shard = old != nullptr ? old : find_free_shard();
        if (shard == nullptr) {
            shard = fresh.release();
            shard->next = std::exchange(shards_, shard);
        }
        if (read_id >= shard->size) grow(*shard, counts, size);
        shard->is_taken = true;
        return shard;
    }

    /// The thread that had `shard` ends.
    void leave(ReadShard& shard) noexcept {
        const std::lock_guard guard{mutex_};
        shard.is_taken = false;
    }

  private:
    static constexpr std::align_val_t kLine{64};

    struct FreeCounts {
        void operator()(Counter* counts) const noexcept { ::operator delete[](counts, kLine); }
    };
    using Counts = std::unique_ptr<Counter[], FreeCounts>;

    /// The series of `key`; a new one if there is none.
    [[nodiscard]] MeterSeries& series_of(const SeriesKey& key) {
        std::map<SeriesKey, MeterSeries> fresh;
        std::unique_lock guard{mutex_};
        if (!series_.contains(key)) {
            guard.unlock();
            const auto entry = fresh.try_emplace(key).first;
            entry->second.name = entry->first.name.c_str();
            guard.lock();
            series_.merge(fresh);  // unless another thread was first
            if (fresh.empty() && key.is_rwlock) series_.find(key)->second.read_id = next_read_id_++;
        }
        return series_.find(key)->second;
    }

    [[nodiscard]] ReadShard* find_free_shard() const noexcept {
        for (ReadShard* shard = shards_; shard != nullptr; shard = shard->next) {
            if (!shard->is_taken) return shard;
        }
        return nullptr;
    }

    /// Moves the counts of `shard` to the larger `counts`, which get its old ones.
    static void grow(ReadShard& shard, Counts& counts, std::uint32_t size) noexcept {
        for (std::uint32_t i = 0; i < shard.size; ++i)
            add<Writers::One>(counts[i], read(shard.counts[i]));
        Counter* const old = std::exchange(shard.counts, counts.release());
        counts.reset(old);
        shard.size = size;
    }

    BucketLock& mutex_;
    std::map<SeriesKey, MeterSeries> series_;
    ReadShard* shards_ = nullptr;
    std::uint32_t next_read_id_ = 0;
};

/// The registry of the process, once this module has found it.
PARKING_LOT_HIDDEN inline constinit std::atomic<MeterRegistry*> this_module_registry{nullptr};

/// Finds the registry of the process, which the first module keeps for all others; or makes it. May
/// throw bad_alloc.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline MeterRegistry& find_meter_registry() {
    (void)table();  // has `home` set
    ModuleRecord& home = *this_module.home;
    std::atomic<void*>& shared = home.meter_registry;
    void* found = shared.load(std::memory_order_acquire);  // [R2]
    if (found == nullptr) {
        auto created = std::make_unique<MeterRegistry>(home.meter_registry_lock);
        // [R2] release: publishes the registry to other modules. Pairs with the acquires here.
        if (shared.compare_exchange_strong(found, created.get(), std::memory_order_acq_rel,
                                           std::memory_order_acquire)) {
            found = created.release();
        }
    }
    auto* const registry = static_cast<MeterRegistry*>(found);
    // [R1] release: publishes the registry in this module. Pairs with the acquires marked so.
    this_module_registry.store(registry, std::memory_order_release);
    return *registry;
}

/// The registry of the process. Never destroyed, so that locks may be used in exit handlers.
PARKING_LOT_HIDDEN inline MeterRegistry& meter_registry() {
    MeterRegistry* const found = this_module_registry.load(std::memory_order_acquire);  // [R1]
    return found != nullptr ? *found : find_meter_registry();
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
