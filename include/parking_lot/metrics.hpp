// SPDX-License-Identifier: MIT
// Metrics: what the metered locks (metered.hpp) have counted, as plain data and as a table.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ostream>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "parking_lot/detail/meter.hpp"
#include "parking_lot/detail/meter_registry.hpp"
#include "parking_lot/detail/text_table.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace metrics {

/// Durations, counted by length.
struct Histogram {
    /// One for each of bucket_bounds(), of durations up to that bound and above the one before; and
    /// a last one, of those above all bounds. Not cumulative.
    std::vector<std::uint64_t> counts{};
    /// In seconds.
    double sum = 0;

    /// How many durations there are.
    [[nodiscard]] std::uint64_t count() const noexcept {
        return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    }
};

/// The upper bounds, in seconds, of the buckets of every histogram: 1, 2 and 5 of each decade from
/// one microsecond to ten seconds.
[[nodiscard]] inline std::span<const double> bucket_bounds() noexcept {
    return detail::kBoundsInSeconds;
}

/// What is known of the locks of one name and one set of labels, dead or alive, in one mode.
struct Series {
    std::string lock{};  ///< the name, as it was given
    Labels labels{};
    Mode mode = Mode::Exclusive;
    std::uint64_t acquisitions = 0;  ///< successful ones; an upgrade is one of mode Write
    std::uint64_t contended = 0;     ///< acquisitions that had to wait
    std::uint64_t timeouts = 0;      ///< waits given up: at the deadline, or for a stop request
    std::uint64_t hand_offs = 0;     ///< acquisitions that the unlocker handed over
    std::uint64_t waiters = 0;       ///< threads that wait now
    std::uint64_t locks = 0;         ///< locks that are alive now
    double longest_wait = 0;         ///< in seconds, since the start of the process
    Histogram wait{};                ///< of the waits that ended: `contended` and `timeouts`
    Histogram hold{};                ///< of sampled holds; no counts unless a lock asked for it
};

/// All series, sorted by lock, labels and mode. Mutexes have one mode, RwLocks three.
using Snapshot = std::vector<Series>;

/// What has been counted up to now. Safe at any time, from any thread. Waits for no lock user and
/// blocks none: a thread that constructs or destroys a metered lock may wait while one series is
/// added up. Numbers of locks that are in use meanwhile are taken one after the other, so sums may
/// be a few counts apart. May throw std::bad_alloc.
[[nodiscard]] Snapshot snapshot();

/// Writes a table for people to `out`: a row for each series, at most `rows`, in the order of the
/// time that threads have waited for it. Control characters in names are shown as `\x0a`.
void print_top(std::ostream& out, const Snapshot& snapshot, std::size_t rows = 20);

/// As above, of snapshot().
inline void print_top(std::ostream& out, std::size_t rows = 20) {
    print_top(out, snapshot(), rows);
}

}  // namespace metrics

namespace detail {

/// Adds the meters of one mode of all locks of a series to a row of the snapshot. Call with the
/// registry locked.
class RowSum {
  public:
    explicit RowSum(metrics::Series& row) : row_{row} {
        row.wait.counts.resize(kBounds + 1);
        row.hold.counts.reserve(kBounds + 1);  // so that nothing is allocated with a lock held
    }

    void add_shared(const SharedModeMeter& meter) noexcept {
        row_.timeouts += add_durations(meter.given_up, row_.wait);
        add_longest(meter.given_up);
    }

    void add_holds(const SharedModeMeter& meter) noexcept {
        row_.hold.counts.resize(kBounds + 1);
        add_durations(meter.holds, row_.hold);
    }

    void add_lock(const ModeMeter& meter) noexcept {
        row_.acquisitions += read(meter.acquisitions);
        row_.hand_offs += read(meter.hand_offs);
        row_.contended += add_durations(meter.waits, row_.wait);
        add_longest(meter.waits);
        // After those that ended, so that hardly ever fewer seem to have begun.
        begun_ += read(meter.waits_begun);
    }

    void finish() noexcept {
        const std::uint64_t ended = row_.contended + row_.timeouts;
        row_.waiters = begun_ > ended ? begun_ - ended : 0;
    }

  private:
    static std::uint64_t add_durations(const DurationMeter& meter,
                                       metrics::Histogram& histogram) noexcept {
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < meter.counts.size(); ++i) {
            const std::uint64_t in_bucket = read(meter.counts[i]);
            histogram.counts[i] += in_bucket;
            count += in_bucket;
        }
        histogram.sum += seconds(meter.nanoseconds);
        return count;
    }

    void add_longest(const DurationMeter& meter) noexcept {
        row_.longest_wait = (std::max)(row_.longest_wait, seconds(meter.longest));
    }

    static double seconds(const Counter& nanoseconds) noexcept {
        return static_cast<double>(read(nanoseconds)) / 1e9;
    }

    metrics::Series& row_;
    std::uint64_t begun_ = 0;
};

/// The row of a snapshot for one mode of a series.
inline metrics::Series row_of(MeterRegistry& registry, const MeterRegistry::Entry& entry,
                              metrics::Mode mode, Slot slot) {
    const auto& key = entry.first;
    const auto& series = entry.second;  // not a structured binding: Clang 14 captures none
    metrics::Series row{.lock = key.name, .labels = key.labels, .mode = mode};
    RowSum sum{row};
    registry.with_lock([&]() noexcept {
        row.locks = series.live_locks;
        sum.add_shared(series[slot]);
        if (series.samples_holds) sum.add_holds(series[slot]);
        for (const MeterCell& cell : series.cells) {
            sum.add_lock(cell[slot]);
            if (slot == Slot::Alone && cell.live != nullptr) row.acquisitions += read(*cell.live);
        }
        if (slot == Slot::Shared) row.acquisitions += registry.reads_of(series);
    });
    sum.finish();
    return row;
}

/// The name of a series for people: `kv_cache{shard="3"}`.
inline std::string title_of(const metrics::Series& series) {
    std::string title = printable(series.lock);
    for (std::size_t i = 0; i < series.labels.size(); ++i) {
        const auto& [key, value] = series.labels[i];
        title.append(i == 0 ? "{" : ",").append(printable(key));
        title.append("=\"").append(printable(value)).append("\"");
    }
    if (!series.labels.empty()) title += '}';
    return title;
}

/// A row of print_top().
inline TextTable::Row cells_of(const metrics::Series& series) {
    const auto ratio = [](double part, std::uint64_t whole) {
        return whole == 0 ? 0 : part / static_cast<double>(whole);
    };
    const auto contended = static_cast<double>(series.contended);
    return {title_of(series),
            std::string{to_string(series.mode)},
            std::to_string(series.locks),
            std::to_string(series.acquisitions),
            std::to_string(series.contended),
            decimal(100 * ratio(contended, series.acquisitions), 1),
            duration_text(series.wait.sum),
            duration_text(ratio(series.wait.sum, series.wait.count())),
            duration_text(series.longest_wait),
            std::to_string(series.waiters),
            std::to_string(series.timeouts),
            std::to_string(series.hand_offs)};
}

}  // namespace detail

namespace metrics {

inline Snapshot snapshot() {
    using detail::Slot;
    detail::MeterRegistry& registry = detail::meter_registry();
    Snapshot rows;
    // In order: entries are sorted by name, labels, and mutexes before RwLocks.
    for (const auto* entry : registry.entries()) {
        const auto add = [&](Mode mode, Slot slot) {
            rows.push_back(detail::row_of(registry, *entry, mode, slot));
        };
        if (!entry->first.is_rwlock) {
            add(Mode::Exclusive, Slot::Alone);
        } else {
            add(Mode::Read, Slot::Shared);
            add(Mode::Write, Slot::Alone);
            add(Mode::Upgradable, Slot::Upgradable);
        }
    }
    return rows;
}

inline void print_top(std::ostream& out, const Snapshot& snapshot, std::size_t rows) {
    std::vector<const Series*> order;
    order.reserve(snapshot.size());
    for (const Series& series : snapshot) order.push_back(&series);
    const auto badness = [](const Series* series) {
        return std::tuple{series->wait.sum, series->contended, series->acquisitions};
    };
    // Equals in the order of the snapshot.
    std::sort(order.begin(), order.end(), [&](const Series* a, const Series* b) {
        return badness(a) != badness(b) ? badness(a) > badness(b) : a < b;
    });
    if (order.size() > rows) order.resize(rows);

    detail::TextTable table{{"lock", "mode", "locks", "acquired", "contended", "%", "waited",
                             "mean", "longest", "waiting", "timeouts", "handed over"}};
    for (const Series* series : order) table.add(detail::cells_of(*series));
    table.print(out);
}

}  // namespace metrics
}  // namespace parking_lot::inline PARKING_LOT_ABI
