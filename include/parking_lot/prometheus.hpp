// SPDX-License-Identifier: MIT
// What the metered locks count, for Prometheus. Needs prometheus-cpp (its core library).
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parking_lot/detail/prometheus_labels.hpp"
#include "parking_lot/metrics.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace prometheus {

namespace detail {

/// What tells the series of one metric apart. Each is there once, or Prometheus would refuse one.
struct SeriesKey {
    std::string lock;
    metrics::Mode mode;
    LabelMap own;

    friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
};

using SeriesMap = std::map<SeriesKey, metrics::Series>;

inline void add(metrics::Histogram& total, const metrics::Histogram& more) {
    total.counts.resize((std::max)(total.counts.size(), more.counts.size()));
    for (std::size_t i = 0; i < more.counts.size(); ++i) total.counts[i] += more.counts[i];
    total.sum += more.sum;
}

inline void add(metrics::Series& total, const metrics::Series& more) {
    total.acquisitions += more.acquisitions;
    total.contended += more.contended;
    total.timeouts += more.timeouts;
    total.hand_offs += more.hand_offs;
    total.waiters += more.waiters;
    total.locks += more.locks;
    total.longest_wait = (std::max)(total.longest_wait, more.longest_wait);
    add(total.wait, more.wait);
    add(total.hold, more.hold);
}

/// The series by what Prometheus sees of their labels. Where that is the same, they are added up.
[[nodiscard]] inline SeriesMap merged(const metrics::Snapshot& snapshot) {
    SeriesMap series;
    for (const metrics::Series& one : snapshot)
        add(series[{valid_utf8(one.lock), one.mode, own_labels(one.labels)}], one);
    return series;
}

[[nodiscard]] inline ::prometheus::ClientMetric labelled(const SeriesKey& key) {
    ::prometheus::ClientMetric metric;
    metric.label = {{"lock", key.lock}, {"mode", std::string{metrics::to_string(key.mode)}}};
    for (const auto& [name, value] : key.own) metric.label.push_back({name, value});
    return metric;
}

/// A metric with one number for each series.
struct NumberMetric {
    std::string_view name;
    std::string_view help;
    ::prometheus::MetricType type;
    double (*value)(const metrics::Series&);
};

inline constexpr std::array kNumberMetrics{
    NumberMetric{"_lock_acquisitions_total", "How often the lock was acquired.",
                 ::prometheus::MetricType::Counter,
                 [](const metrics::Series& s) { return static_cast<double>(s.acquisitions); }},
    NumberMetric{"_lock_contended_total", "How often an acquisition of the lock had to wait.",
                 ::prometheus::MetricType::Counter,
                 [](const metrics::Series& s) { return static_cast<double>(s.contended); }},
    NumberMetric{"_lock_timeouts_total",
                 "How often a wait for the lock was given up: by its deadline or a stop request.",
                 ::prometheus::MetricType::Counter,
                 [](const metrics::Series& s) { return static_cast<double>(s.timeouts); }},
    NumberMetric{"_lock_hand_offs_total",
                 "How often the thread that unlocked handed the lock to one that waited.",
                 ::prometheus::MetricType::Counter,
                 [](const metrics::Series& s) { return static_cast<double>(s.hand_offs); }},
    NumberMetric{"_lock_waiters", "Threads that wait for the lock at present.",
                 ::prometheus::MetricType::Gauge,
                 [](const metrics::Series& s) { return static_cast<double>(s.waiters); }},
    NumberMetric{"_locks", "Locks of this name that exist at present.",
                 ::prometheus::MetricType::Gauge,
                 [](const metrics::Series& s) { return static_cast<double>(s.locks); }},
    NumberMetric{"_lock_longest_wait_seconds",
                 "The longest wait for the lock since the start of the process.",
                 ::prometheus::MetricType::Gauge,
                 [](const metrics::Series& s) { return s.longest_wait; }},
};

[[nodiscard]] inline ::prometheus::MetricFamily number_family(const NumberMetric& number,
                                                              std::string_view prefix,
                                                              const SeriesMap& series) {
    ::prometheus::MetricFamily family;
    family.name = std::string{prefix}.append(number.name);
    family.help = number.help;
    family.type = number.type;
    for (const auto& [key, one] : series) {
        ::prometheus::ClientMetric metric = labelled(key);
        (number.type == ::prometheus::MetricType::Counter ? metric.counter.value
                                                          : metric.gauge.value) = number.value(one);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

/// The buckets count up, as Prometheus wants them. The last, without a bound, is `sample_count`.
[[nodiscard]] inline ::prometheus::ClientMetric::Histogram cumulative(
    const metrics::Histogram& histogram) {
    ::prometheus::ClientMetric::Histogram result;
    const std::span<const double> bounds = metrics::bucket_bounds();
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (i < histogram.counts.size()) count += histogram.counts[i];
        result.bucket.push_back({count, bounds[i]});
    }
    result.sample_count = histogram.count();
    result.sample_sum = histogram.sum;
    return result;
}

[[nodiscard]] inline ::prometheus::MetricFamily histogram_family(
    std::string name, std::string_view help, const SeriesMap& series,
    metrics::Histogram metrics::Series::* histogram) {
    ::prometheus::MetricFamily family;
    family.name = std::move(name);
    family.help = help;
    family.type = ::prometheus::MetricType::Histogram;
    for (const auto& [key, one] : series) {
        ::prometheus::ClientMetric metric = labelled(key);
        metric.histogram = cumulative(one.*histogram);
        family.metric.push_back(std::move(metric));
    }
    return family;
}

/// Throws std::invalid_argument unless the names of metrics may begin with `prefix`.
inline void check_prefix(std::string_view prefix) {
    if (is_name(prefix)) return;
    throw std::invalid_argument{
        "parking_lot::prometheus: the names of metrics cannot begin with \"" + std::string{prefix} +
        "\": a prefix is made of letters, digits and underscores, and does not begin with a digit"};
}

}  // namespace detail

/// `snapshot` as metrics, whose names begin with `prefix` and "_lock". Each series has the labels
/// `lock` (the name), `mode` and the lock's own; names and values that Prometheus would refuse are
/// changed as little as possible, and series that become equal by that are added up.
///
/// There is a histogram of holds only for locks that sample them; a metric without any series is
/// left out. Throws std::invalid_argument unless `prefix` is [a-zA-Z_][a-zA-Z0-9_]*.
[[nodiscard]] inline std::vector<::prometheus::MetricFamily> families(
    const metrics::Snapshot& snapshot, std::string_view prefix = "parking_lot") {
    detail::check_prefix(prefix);
    const detail::SeriesMap series = detail::merged(snapshot);
    detail::SeriesMap sampled;
    std::ranges::copy_if(series, std::inserter(sampled, sampled.end()),
                         [](const auto& one) { return !one.second.hold.counts.empty(); });

    std::vector<::prometheus::MetricFamily> families;
    for (const detail::NumberMetric& number : detail::kNumberMetrics)
        families.push_back(detail::number_family(number, prefix, series));
    families.push_back(detail::histogram_family(
        std::string{prefix} + "_lock_wait_seconds",
        "How long the acquisitions that had to wait, and the waits given up, took.", series,
        &metrics::Series::wait));
    families.push_back(detail::histogram_family(std::string{prefix} + "_lock_hold_seconds",
                                                "How long the lock was held, by samples.", sampled,
                                                &metrics::Series::hold));
    std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
    return families;
}

/// What prometheus-cpp asks for the metrics of all metered locks of the process, whenever it is
/// scraped: register it with an Exposer, or serialize what Collect() returns. Exposers keep a weak
/// pointer only, so hold on to it. Collect() may be called by many threads at once, and never
/// blocks a user of a lock.
///
/// Throws std::invalid_argument unless `prefix` is [a-zA-Z_][a-zA-Z0-9_]*.
[[nodiscard]] inline std::shared_ptr<::prometheus::Collectable> collector(
    std::string_view prefix = "parking_lot") {
    class Collector final : public ::prometheus::Collectable {
      public:
        explicit Collector(std::string_view prefix) : prefix_{prefix} {}

        [[nodiscard]] std::vector<::prometheus::MetricFamily> Collect() const override {
            return families(metrics::snapshot(), prefix_);
        }

      private:
        std::string prefix_;
    };
    detail::check_prefix(prefix);
    return std::make_shared<Collector>(prefix);
}

}  // namespace prometheus
}  // namespace parking_lot::inline PARKING_LOT_ABI
