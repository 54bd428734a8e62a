// SPDX-License-Identifier: MIT
// ThisThreadReads: where a thread counts what it locks for reading.
#pragma once

#include <cstdint>
#include <utility>

#include "parking_lot/detail/meter.hpp"
#include "parking_lot/detail/meter_registry.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The calling thread's ReadShard, at hand. One for each module, hence hidden; all are listed in
/// the one registry. Trivial, so that it may be used before and after other thread-local objects.
struct ThisThreadReads {
    Counter* counts = nullptr;
    std::uint32_t size = 0;
    bool is_closed = false;  // the thread ends, or is getting its shard
    ReadShard* shard = nullptr;
};

PARKING_LOT_HIDDEN inline thread_local constinit ThisThreadReads this_thread_reads{};

/// Gives the shard back when the thread ends.
struct ReadShardReturn {
    ReadShardReturn() noexcept = default;
    ReadShardReturn(const ReadShardReturn&) = delete;
    ReadShardReturn& operator=(const ReadShardReturn&) = delete;
    ~ReadShardReturn() {
        const ThisThreadReads mine = std::exchange(this_thread_reads, {.is_closed = true});
        if (mine.shard != nullptr) meter_registry().leave(*mine.shard);
    }
};

/// Counts for a thread that has no place for this series in its shard: gets one, if it can be had
/// without waiting; else counts with all others.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void count_read_slow(MeterSeries& series) noexcept {
    ThisThreadReads& mine = this_thread_reads;
    if (!mine.is_closed) {
        // An allocator may itself use a metered lock, which then counts with all others: what is at
        // hand here is about to be replaced.
        mine.is_closed = true;
        const std::uint32_t size = std::exchange(mine.size, 0);
        static thread_local const ReadShardReturn give_back;
        (void)give_back;
        if (ReadShard* const shard = meter_registry().shard_for(series.read_id, mine.shard)) {
            mine = {.counts = shard->counts, .size = shard->size, .shard = shard};
            return add<Writers::One>(mine.counts[series.read_id], 1);
        }
        mine.size = size;
        mine.is_closed = false;
    }
    add<Writers::Many>(series.unsharded_reads, 1);
}

/// Counts an acquisition of a lock of this series for reading by this thread.
PARKING_LOT_HIDDEN inline void count_read(MeterSeries& series, std::uint32_t read_id) noexcept {
    ThisThreadReads& mine = this_thread_reads;
    if (read_id < mine.size) [[likely]] {
        add<Writers::One>(mine.counts[read_id], 1);
    } else {
        count_read_slow(series);
    }
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
