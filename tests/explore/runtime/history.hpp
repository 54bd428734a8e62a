// SPDX-License-Identifier: MIT
// History: the stores to a place in memory that threads may still see, where memory is weak.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "explore/runtime/vector_clock.hpp"

namespace explore {

/// What a thread must not miss: it cannot see older values than those that somebody saw or wrote
/// within its knowledge. A store passes the knowledge on to those who acquire it.
struct Knowledge {
    void join(const Knowledge& other) noexcept {
        seen.join(other.seen);
        sequenced = std::max(sequenced, other.sequenced);
    }

    VectorClock seen;             ///< what happens before, and what seq_cst fences add to it
    std::uint32_t sequenced = 0;  ///< so many seq_cst operations, as they are counted by Memory
};

/// The last stores to one atomic object, in modification order, and who has seen which.
///
/// Coherence, for all of read-read, read-write, write-read and write-write, is one rule: who knows
/// of a moment at which some thread had seen a store sees that one or a later one, and stores after
/// it. A read-modify-write follows the store that it has read; nothing gets in between.
class History {
  public:
    struct Store {
        std::uint64_t value = 0;
        std::uint64_t place = 0;  ///< in modification order
        bool follows = false;     ///< by a read-modify-write: nothing may come between
        VectorClock released{};
        Knowledge known{};
    };

    /// More would only be older values: a bound of the exploration.
    static constexpr std::size_t kDepth = 12;

    [[nodiscard]] bool empty() const { return stores_.empty(); }
    [[nodiscard]] const Store& newest() const { return stores_.back(); }

    /// Begins with the value that is there.
    void start(std::uint64_t value) {
        forget();
        stores_.push_back({.value = value, .place = kApart});
    }

    void forget() {
        stores_.clear();
        sights_.clear();
    }

    /// The stores that are not older than `known` allows: the newest last.
    [[nodiscard]] std::span<const Store> visible_to(const Knowledge& known) const;

    /// Whether there is room right after `its` in modification order.
    [[nodiscard]] bool has_room_after(const Store& its) const;

    /// Inserts `store` there, and returns its place.
    std::uint64_t insert_after(const Store& its, Store store);

    /// Notes that `thread` at its time `time` has seen or written what is at `place`. The thread
    /// kMaxThreads stands for the order of all seq_cst operations.
    void note(ThreadIndex thread, std::uint32_t time, std::uint64_t place);

  private:
    static constexpr std::uint64_t kApart = std::uint64_t{1} << 32;

    struct Sight {
        ThreadIndex thread;
        std::uint32_t time;
        std::uint64_t place;
    };

    void drop_oldest();

    std::vector<Store> stores_;
    std::vector<Sight> sights_;  // each thread's in the order of its times
};

}  // namespace explore
