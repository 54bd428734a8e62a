// SPDX-License-Identifier: MIT
// Snapshots of metered locks, and the table of them.
#include "parking_lot/metrics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "parking_lot/metered.hpp"
#include "support/series.hpp"

namespace parking_lot::test {
namespace {

using metrics::Mode;

TEST(MetricsTest, modes_have_the_names_of_their_label) {
    EXPECT_EQ(to_string(Mode::Exclusive), "exclusive");
    EXPECT_EQ(to_string(Mode::Read), "read");
    EXPECT_EQ(to_string(Mode::Write), "write");
    EXPECT_EQ(to_string(Mode::Upgradable), "upgradable");
}

TEST(MetricsTest, bounds_go_from_a_microsecond_to_ten_seconds_three_to_a_decade) {
    const auto bounds = metrics::bucket_bounds();
    ASSERT_EQ(bounds.size(), 22u);
    EXPECT_DOUBLE_EQ(bounds.front(), 1e-6);
    EXPECT_DOUBLE_EQ(bounds[1], 2e-6);
    EXPECT_DOUBLE_EQ(bounds[2], 5e-6);
    EXPECT_DOUBLE_EQ(bounds[3], 1e-5);
    EXPECT_DOUBLE_EQ(bounds.back(), 10);
    EXPECT_TRUE(std::ranges::is_sorted(bounds));
}

TEST(MetricsTest, a_duration_is_counted_below_the_first_bound_that_is_not_less) {
    detail::DurationMeter meter;
    for (const std::uint64_t nanoseconds : {0u, 1'000u, 1'001u, 2'000u}) {
        meter.record<detail::Writers::One>(nanoseconds);
    }
    meter.record<detail::Writers::Many>(10'000'000'000);
    meter.record<detail::Writers::Many>(10'000'000'001);
    EXPECT_EQ(detail::read(meter.counts[0]), 2u);
    EXPECT_EQ(detail::read(meter.counts[1]), 2u);
    EXPECT_EQ(detail::read(meter.counts[21]), 1u);
    EXPECT_EQ(detail::read(meter.counts[22]), 1u);
    EXPECT_EQ(detail::read(meter.nanoseconds), 20'000'004'002u);
    EXPECT_EQ(detail::read(meter.longest), 10'000'000'001u);
}

TEST(MetricsTest, a_mutex_has_one_series_and_an_rwlock_three) {
    const metered::Mutex<int> mutex{"metrics: kinds"};
    const metered::RwLock<int> rwlock{"metrics: kinds"};
    std::vector<Mode> modes;
    for (const auto& series : metrics::snapshot()) {
        if (series.lock == "metrics: kinds") modes.push_back(series.mode);
    }
    EXPECT_EQ(modes, (std::vector{Mode::Exclusive, Mode::Read, Mode::Write, Mode::Upgradable}));
}

TEST(MetricsTest, a_snapshot_is_sorted_by_lock_labels_and_mode) {
    const metered::RwLock<int> b{"metrics: b"};
    const metered::Mutex<int> a{"metrics: a"};
    const metered::Mutex<int> labelled{
        metered::Options{.name = "metrics: a", .labels = {{"x", "1"}}}};
    const auto snapshot = metrics::snapshot();
    EXPECT_TRUE(std::ranges::is_sorted(snapshot, {}, [](const metrics::Series& series) {
        return std::tuple{series.lock, series.labels, series.mode};
    }));
}

TEST(MetricsTest, every_series_has_histograms_of_all_buckets) {
    const metered::Mutex<int> mutex{"metrics: buckets"};
    const auto series = series_of("metrics: buckets");
    EXPECT_EQ(series.wait.counts.size(), metrics::bucket_bounds().size() + 1);
    EXPECT_TRUE(series.hold.counts.empty()) << "of locks that sample none";
    EXPECT_EQ(series.wait.count(), 0u);
}

TEST(MetricsTest, names_are_kept_as_they_are) {
    const std::string hostile{"\"}\n\0\xff\\", 6};
    for (const std::string& name : {std::string{}, hostile}) {
        const metered::Mutex<int> mutex{
            metered::Options{.name = name, .labels = {{hostile, hostile}}}};
        EXPECT_EQ(series_of(name, Mode::Exclusive, {{hostile, hostile}}).locks, 1u);
    }
}

TEST(MetricsTest, labels_are_sorted_and_the_first_of_a_key_counts) {
    const metered::Mutex<int> mutex{metered::Options{
        .name = "metrics: labels", .labels = {{"b", "1"}, {"a", "2"}, {"b", "3"}}}};
    EXPECT_EQ(series_of("metrics: labels", Mode::Exclusive, {{"a", "2"}, {"b", "1"}}).locks, 1u);
}

metrics::Series waited(std::string lock, double seconds) {
    metrics::Series series{.lock = std::move(lock)};
    series.wait = {.counts = {1}, .sum = seconds};
    return series;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST(PrintTopTest, the_series_that_was_waited_for_longest_comes_first) {
    std::ostringstream out;
    print_top(out, metrics::Snapshot{waited("some", 0.5), waited("none", 0), waited("most", 2)});
    const auto lines = lines_of(out.str());
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_TRUE(lines[1].starts_with("most ")) << out.str();
    EXPECT_TRUE(lines[2].starts_with("some ")) << out.str();
    EXPECT_TRUE(lines[3].starts_with("none ")) << out.str();
}

TEST(PrintTopTest, there_are_no_more_rows_than_asked_for) {
    std::ostringstream out;
    print_top(out, metrics::Snapshot{waited("some", 0.5), waited("most", 2)}, 1);
    EXPECT_EQ(lines_of(out.str()).size(), 2u);
}

TEST(PrintTopTest, an_empty_snapshot_has_a_head_only) {
    std::ostringstream out;
    print_top(out, metrics::Snapshot{});
    EXPECT_EQ(lines_of(out.str()).size(), 1u);
}

TEST(PrintTopTest, a_row_says_what_is_known) {
    metrics::Series series{.lock = "kv_cache",
                           .labels = {{"shard", "3"}},
                           .mode = Mode::Write,
                           .acquisitions = 200,
                           .contended = 3,
                           .timeouts = 1,
                           .hand_offs = 2,
                           .waiters = 5,
                           .locks = 7,
                           .longest_wait = 0.0125};
    series.wait = {.counts = {1, 3}, .sum = 0.02};
    std::ostringstream out;
    print_top(out, metrics::Snapshot{series});
    std::istringstream row{lines_of(out.str()).at(1)};
    std::vector<std::string> words;
    for (std::string word; row >> word;) words.push_back(word);
    EXPECT_EQ(words,
              (std::vector<std::string>{"kv_cache{shard=\"3\"}", "write", "7", "200", "3", "1.5",
                                        "20.0", "ms", "5.00", "ms", "12.5", "ms", "5", "1", "2"}));
}

TEST(PrintTopTest, hostile_names_stay_in_their_line) {
    std::ostringstream out;
    print_top(out, metrics::Snapshot{waited("two\nlines\x1b[31m", 1)});
    EXPECT_EQ(lines_of(out.str()).size(), 2u);
    EXPECT_NE(out.str().find("two\\x0alines\\x1b[31m "), std::string::npos) << out.str();
}

TEST(PrintTopTest, without_a_snapshot_it_takes_one) {
    const metered::Mutex<int> mutex{"metrics: printed"};
    std::ostringstream out;
    metrics::print_top(out, metrics::snapshot().size());
    EXPECT_NE(out.str().find("metrics: printed"), std::string::npos);
}

}  // namespace
}  // namespace parking_lot::test
