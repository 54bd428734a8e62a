// SPDX-License-Identifier: MIT
// The collector, while locks are used, made and destroyed.
#include <gtest/gtest.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "parking_lot/metered.hpp"
#include "parking_lot/prometheus.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using Labels = std::vector<::prometheus::ClientMetric::Label>;
using Families = std::vector<::prometheus::MetricFamily>;

Labels labels_of(const std::string& lock) { return {{"lock", lock}, {"mode", "exclusive"}}; }

/// The counters of one collection, by metric and labels; fails where Prometheus would refuse it.
std::map<std::pair<std::string, Labels>, double> checked(const Families& families) {
    std::map<std::pair<std::string, Labels>, double> counters;
    std::set<std::pair<std::string, Labels>> seen;
    for (const auto& family : families) {
        for (const auto& metric : family.metric) {
            EXPECT_TRUE(seen.emplace(family.name, metric.label).second) << family.name << " twice";
            if (family.type == ::prometheus::MetricType::Counter)
                counters[{family.name, metric.label}] = metric.counter.value;
            std::uint64_t before = 0;
            for (const auto& bucket : metric.histogram.bucket) {
                EXPECT_LE(before, bucket.cumulative_count);
                before = bucket.cumulative_count;
            }
            EXPECT_LE(before, metric.histogram.sample_count);
        }
    }
    return counters;
}

TEST(PrometheusCollector, CountsExactly) {
    const auto collector = prometheus::collector("exact");
    metered::Mutex<int> number{"counted", 0};
    for (int i = 0; i < 1000; ++i) number.with_lock([](int& value) { ++value; });
    auto counters = checked(collector->Collect());
    EXPECT_EQ((counters.at({"exact_lock_acquisitions_total", labels_of("counted")})), 1000);
    EXPECT_EQ((counters.at({"exact_lock_contended_total", labels_of("counted")})), 0);
    EXPECT_EQ((counters.at({"exact_lock_timeouts_total", labels_of("counted")})), 0);
}

// Two threads that use one lock and make and destroy others, and 200 that collect.
TEST(PrometheusCollector, SurvivesParallelCollectionUnderLoad) {
    constexpr std::size_t kUsers = 2;
    constexpr std::size_t kCollectors = 200;
    const auto collector = prometheus::collector();
    metered::Mutex<int> kept{"kept", 0};
    static_cast<void>(collector->Collect());
    std::atomic<std::size_t> left{kCollectors};
    std::atomic<int> rounds{0};
    test::run_together(kUsers + kCollectors, [&](std::size_t i) {
        if (i < kUsers) {
            while (left.load() > 0) {
                metered::Mutex<int> dying{"dying", 0};
                const auto outer = dying.lock();
                kept.with_lock([](int& value) { ++value; });
                ++rounds;
            }
            return;
        }
        std::map<std::pair<std::string, Labels>, double> before;
        for (int n = 0; n < 3; ++n) {
            const auto counters = checked(collector->Collect());
            for (const auto& [name, value] : before) {
                const auto found = counters.find(name);
                ASSERT_NE(found, counters.end()) << name.first << " vanished";
                EXPECT_GE(found->second, value) << name.first << " ran backwards";
            }
            before = counters;
        }
        --left;
    });
    auto counters = checked(collector->Collect());
    EXPECT_EQ((counters.at({"parking_lot_lock_acquisitions_total", labels_of("kept")})), rounds);
    EXPECT_EQ((counters.at({"parking_lot_lock_acquisitions_total", labels_of("dying")})), rounds);
}

TEST(PrometheusCollector, OutlivesItsLocks) {
    const auto collector = prometheus::collector();
    {
        metered::Mutex<int> dead{"dead", 0};
        dead.with_lock([](int& value) { ++value; });
    }
    auto counters = checked(collector->Collect());
    EXPECT_EQ((counters.at({"parking_lot_lock_acquisitions_total", labels_of("dead")})), 1);
}

}  // namespace
}  // namespace parking_lot
