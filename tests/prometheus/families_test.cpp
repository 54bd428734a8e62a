// SPDX-License-Identifier: MIT
// A snapshot as metrics of Prometheus, and as the text that is scraped.
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "parking_lot/prometheus.hpp"

namespace parking_lot {
namespace {

metrics::Histogram histogram(std::uint64_t in_first, std::uint64_t above_all, double sum) {
    metrics::Histogram result;
    result.counts.resize(metrics::bucket_bounds().size() + 1);
    result.counts.front() = in_first;
    result.counts.back() = above_all;
    result.sum = sum;
    return result;
}

metrics::Series series(std::string lock, metrics::Labels labels = {}) {
    metrics::Series result;
    result.lock = std::move(lock);
    result.labels = std::move(labels);
    result.mode = metrics::Mode::Exclusive;
    result.acquisitions = 100;
    result.contended = 30;
    result.timeouts = 4;
    result.hand_offs = 5;
    result.waiters = 6;
    result.locks = 7;
    result.longest_wait = 12.5;
    result.wait = histogram(31, 3, 40.25);
    return result;
}

std::string text(const metrics::Snapshot& snapshot, std::string_view prefix = "parking_lot") {
    return ::prometheus::TextSerializer{}.Serialize(prometheus::families(snapshot, prefix));
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

TEST(PrometheusFamilies, HaveConventionalNamesAndTypes) {
    const std::string out = text({series("cache")});
    const std::string labels = R"({lock="cache",mode="exclusive"} )";
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_acquisitions_total counter"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_acquisitions_total" + labels + "100"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_contended_total counter"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_contended_total" + labels + "30"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_timeouts_total counter"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_timeouts_total" + labels + "4"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_hand_offs_total counter"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_hand_offs_total" + labels + "5"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_waiters gauge"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_waiters" + labels + "6"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_locks gauge"));
    EXPECT_TRUE(has_line(out, "parking_lot_locks" + labels + "7"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_longest_wait_seconds gauge"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_longest_wait_seconds" + labels + "12.5"));
    EXPECT_TRUE(has_line(out, "# TYPE parking_lot_lock_wait_seconds histogram"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_wait_seconds_sum" + labels + "40.25"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_wait_seconds_count" + labels + "34"));
    EXPECT_EQ(count(out, "# HELP "), 8);
    EXPECT_EQ(count(out, "# TYPE "), 8);
}

TEST(PrometheusFamilies, CountBucketsUp) {
    metrics::Series one = series("cache");
    one.wait.counts.assign(metrics::bucket_bounds().size() + 1, 2);
    const auto families = prometheus::families({one});
    const auto& histogram = families.back().metric.front().histogram;
    ASSERT_EQ(histogram.bucket.size(), metrics::bucket_bounds().size());
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
        EXPECT_EQ(histogram.bucket[i].upper_bound, metrics::bucket_bounds()[i]);
        EXPECT_EQ(histogram.bucket[i].cumulative_count, 2 * (i + 1));
    }
    EXPECT_EQ(histogram.sample_count, 2 * (histogram.bucket.size() + 1));
    // The serializer adds the last one.
    EXPECT_TRUE(has_line(
        text({one}),
        R"(parking_lot_lock_wait_seconds_bucket{lock="cache",mode="exclusive",le="+Inf"} )" +
            std::to_string(histogram.sample_count)));
}

TEST(PrometheusFamilies, HaveHoldsOnlyWhereTheyAreSampled) {
    metrics::Series sampled = series("sampled");
    sampled.hold = histogram(8, 1, 0.5);
    const std::string out = text({series("plain"), sampled});
    EXPECT_TRUE(
        has_line(out, R"(parking_lot_lock_hold_seconds_count{lock="sampled",mode="exclusive"} 9)"));
    EXPECT_EQ(count(out, R"(hold_seconds_count{lock="plain")"), 0);
    EXPECT_EQ(count(text({series("plain")}), "hold"), 0);
}

TEST(PrometheusFamilies, AreNoneWithoutLocks) { EXPECT_EQ(text({}), ""); }

TEST(PrometheusFamilies, ShowWaitsOfALockWithoutAny) {
    metrics::Series idle;
    idle.lock = "idle";
    const std::string out = text({idle});
    const std::string labels = R"({lock="idle",mode="exclusive"} )";
    EXPECT_TRUE(has_line(out, "parking_lot_lock_wait_seconds_count" + labels + "0"));
    EXPECT_EQ(count(out, "parking_lot_lock_wait_seconds_bucket"),
              metrics::bucket_bounds().size() + 1);
}

TEST(PrometheusFamilies, TellModesApart) {
    metrics::Snapshot snapshot;
    for (const auto mode : {metrics::Mode::Exclusive, metrics::Mode::Read, metrics::Mode::Write,
                            metrics::Mode::Upgradable}) {
        snapshot.push_back(series("index"));
        snapshot.back().mode = mode;
    }
    const std::string out = text(snapshot);
    for (const std::string mode : {"exclusive", "read", "write", "upgradable"})
        EXPECT_TRUE(has_line(out, R"(parking_lot_locks{lock="index",mode=")" + mode + "\"} 7"));
}

TEST(PrometheusFamilies, EscapeHostileValues) {
    const std::string out = text({series("a\"b\\c\nd\xFF", {{"path", "\"} 1\nfake 2"}})});
    EXPECT_TRUE(has_line(out, R"(parking_lot_locks{lock="a\"b\\c\nd)"
                              "\uFFFD"
                              R"(",mode="exclusive",path="\"} 1\nfake 2"} 7)"));
    EXPECT_FALSE(has_line(out, "fake 2\"} 7"));
}

TEST(PrometheusFamilies, AddUpSeriesThatPrometheusCannotTellApart) {
    // Both names become "a" + U+FFFD, and an empty label is no label.
    metrics::Series other = series("a\xFE", {{"shard", ""}});
    other.longest_wait = 99;
    other.wait = histogram(1, 1, 0.75);
    other.hold = histogram(2, 0, 0.125);
    const std::string out = text({series("a\xFF"), other});
    const std::string labels = "{lock=\"a\uFFFD\",mode=\"exclusive\"} ";
    EXPECT_EQ(count(out, "\nparking_lot_locks{"), 1);
    EXPECT_TRUE(has_line(out, "parking_lot_lock_acquisitions_total" + labels + "200"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_contended_total" + labels + "60"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_timeouts_total" + labels + "8"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_hand_offs_total" + labels + "10"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_waiters" + labels + "12"));
    EXPECT_TRUE(has_line(out, "parking_lot_locks" + labels + "14"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_longest_wait_seconds" + labels + "99"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_wait_seconds_sum" + labels + "41"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_wait_seconds_count" + labels + "36"));
    EXPECT_TRUE(has_line(out, "parking_lot_lock_hold_seconds_count" + labels + "2"));
}

TEST(PrometheusFamilies, KeepSeriesWithOtherLabelsApart) {
    const std::string out = text({series("a", {{"shard", "1"}}), series("a", {{"shard", "2"}})});
    EXPECT_TRUE(has_line(out, R"(parking_lot_locks{lock="a",mode="exclusive",shard="1"} 7)"));
    EXPECT_TRUE(has_line(out, R"(parking_lot_locks{lock="a",mode="exclusive",shard="2"} 7)"));
}

TEST(PrometheusFamilies, TakeAPrefix) {
    EXPECT_TRUE(
        has_line(text({series("a")}, "app_1"), R"(app_1_locks{lock="a",mode="exclusive"} 7)"));
}

TEST(PrometheusFamilies, RefusePrefixesThatMakeNoName) {
    for (const std::string prefix : {"", "1a", "a-b", "a b", "a:b", "\xC3\xA9", "a\n"}) {
        try {
            static_cast<void>(prometheus::families({}, prefix));
            ADD_FAILURE() << "took the prefix " << prefix;
        } catch (const std::invalid_argument& refusal) {
            EXPECT_NE(std::string{refusal.what()}.find("\"" + prefix + "\""), std::string::npos);
        }
        EXPECT_THROW(static_cast<void>(prometheus::collector(prefix)), std::invalid_argument);
    }
}

}  // namespace
}  // namespace parking_lot
