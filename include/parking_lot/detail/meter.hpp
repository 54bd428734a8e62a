// SPDX-License-Identifier: MIT
// Meters: the counters that metered locks write and metrics::snapshot() reads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/thread_id.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace metrics {

/// How a lock is held. Mutexes are held exclusively; an RwLock is read, written, or read with the
/// right to upgrade.
enum class Mode : std::uint8_t { Exclusive, Read, Write, Upgradable };

/// "exclusive", "read", "write" or "upgradable".
[[nodiscard]] constexpr std::string_view to_string(Mode mode) noexcept {
    constexpr std::array<std::string_view, 4> kNames{"exclusive", "read", "write", "upgradable"};
    return kNames[static_cast<std::size_t>(mode)];
}

/// A few labels beside a lock's name: keys and values, sorted by key, each key once.
using Labels = std::vector<std::pair<std::string, std::string>>;

}  // namespace metrics

namespace detail {

inline constexpr std::size_t kBounds = 22;

/// The upper bounds of the buckets of all histograms: 1, 2 and 5 of each decade from one
/// microsecond to ten seconds.
PARKING_LOT_HIDDEN inline constexpr auto kBoundsInNanoseconds = []() {
    std::array<std::uint64_t, kBounds> bounds{};
    std::uint64_t decade = 1'000;
    for (std::size_t i = 0; i < kBounds; ++i) {
        constexpr std::array<std::uint64_t, 3> kSteps{1, 2, 5};
        bounds[i] = kSteps[i % 3] * decade;
        if (i % 3 == 2) decade *= 10;
    }
    return bounds;
}();

PARKING_LOT_HIDDEN inline constexpr auto kBoundsInSeconds = []() {
    std::array<double, kBounds> bounds{};
    for (std::size_t i = 0; i < kBounds; ++i) {
        bounds[i] = static_cast<double>(kBoundsInNanoseconds[i]) / 1e9;
    }
    return bounds;
}();

// relaxed, here and below: the counters order nothing. Who reads them after the counted threads
// were joined finds all that they counted.
using Counter = std::atomic<std::uint64_t>;

/// How many threads may add to a counter at a time. Where it is one (the one that holds a lock, or
/// that owns the counter), adding is a load and a store.
enum class Writers : std::uint8_t { One, Many };

template <Writers kWriters>
void add(Counter& counter, std::uint64_t amount) noexcept {
    if constexpr (kWriters == Writers::One) {
        counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    } else {
        counter.fetch_add(amount, std::memory_order_relaxed);
    }
}

[[nodiscard]] inline std::uint64_t read(const Counter& counter) noexcept {
    return counter.load(std::memory_order_relaxed);
}

/// A histogram of durations, their sum, and the longest of them.
struct DurationMeter {
    std::array<Counter, kBounds + 1> counts{};
    Counter nanoseconds{0};
    Counter longest{0};

    template <Writers kWriters>
    void record(std::uint64_t duration) noexcept {
        const auto bucket =
            std::lower_bound(kBoundsInNanoseconds.begin(), kBoundsInNanoseconds.end(), duration);
        add<kWriters>(counts[static_cast<std::size_t>(bucket - kBoundsInNanoseconds.begin())], 1);
        add<kWriters>(nanoseconds, duration);
        std::uint64_t known = read(longest);
        if constexpr (kWriters == Writers::One) {
            if (known < duration) longest.store(duration, std::memory_order_relaxed);
        } else {
            while (known < duration &&
                   !longest.compare_exchange_weak(known, duration, std::memory_order_relaxed)) {
            }
        }
    }
};

/// Nanoseconds on the steady clock, never zero.
[[nodiscard]] inline std::uint64_t meter_clock() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::nanoseconds{now}.count()) | 1;
}

/// The modes of one lock, as they are counted: a mutex has only the first.
enum class Slot : std::uint8_t { Alone, Shared, Upgradable };
inline constexpr std::size_t kSlots = 3;

/// What one lock counts in one mode. Written by those who hold the lock in this mode, except
/// `waits_begun`.
struct ModeMeter {
    // Of slot Alone: what the dead locks that had this cell before have counted; a live one counts
    // in itself. Of slot Shared: nothing, see ReadShard.
    Counter acquisitions{0};
    Counter waits_begun{0};
    Counter hand_offs{0};
    DurationMeter waits;  // those that ended with the lock

    // The hold that is being measured, if it is not zero.
    Counter held_since{0};
    Counter holds_seen{0};
    std::atomic<ThreadId> reader{kNoThread};  // slot Shared: whose hold it is
};

/// What the locks of one series count together: what is rare, or not done with a lock held.
struct SharedModeMeter {
    DurationMeter given_up;  // waits that ended without the lock
    DurationMeter holds;
};

struct MeterSeries;

/// The counters of one lock; after its death, those of another of the same series, which goes on
/// counting where the dead one stopped.
struct alignas(64) MeterCell {
    MeterCell(MeterSeries& its_series, std::size_t modes)
        : series{its_series}, slots{std::make_unique<ModeMeter[]>(modes)}, modes_{modes} {}

    [[nodiscard]] ModeMeter& operator[](Slot slot) const noexcept {
        return slots[static_cast<std::size_t>(slot)];
    }

    /// When the lock dies: holds that it was measuring, of guards that were leaked or moved, are
    /// none of the next lock's.
    void forget_holds() noexcept {
        for (ModeMeter& meter : std::span{slots.get(), modes_}) {
            meter.held_since.store(0, std::memory_order_relaxed);
            meter.reader.store(kNoThread, std::memory_order_relaxed);
        }
    }

    MeterSeries& series;
    const std::unique_ptr<ModeMeter[]> slots;

    // Guarded by the registry's mutex.
    const Counter* live = nullptr;   // the exclusive acquisitions of the lock that has the cell
    MeterCell* next_free = nullptr;  // of the series

  private:
    const std::size_t modes_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
