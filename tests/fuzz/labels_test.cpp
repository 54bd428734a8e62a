// SPDX-License-Identifier: MIT
// Whatever locks are called, Prometheus can read it; and the reader refuses what Prometheus would.
#include "fuzz/labels.hpp"

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "fuzz/exposition.hpp"
#include "parking_lot/metered.hpp"
#include "parking_lot/prometheus.hpp"

namespace parking_lot::fuzz {
namespace {

/// Names and labels made of pieces that are likely to matter.
std::string random_locks(std::uint32_t seed) {
    constexpr std::array<std::string_view, 24> kPieces{
        "a",   "lock", "mode", "le",  "__name__", "=",          "|", "\n",
        "%0A", "%22",  "%5C",  "\\",  "\"",       "{",          "}", ",",
        " ",   "%00",  "%FF",  "%C3", "\u00E9",   "\U0001F512", "7", "_2"};
    std::minstd_rand random{seed};
    std::string text = "parking_lot\n";
    for (auto pieces = random() % 60; pieces > 0; --pieces)
        text += kPieces[random() % kPieces.size()];
    return text;
}

TEST(FuzzLabels, NeverBreakTheExposition) {
    for (std::uint32_t seed = 1; seed <= 500; ++seed) {
        const std::string text = random_locks(seed);
        ASSERT_EQ(check_exposition(read_named_locks(text)), "") << "seed " << seed << '\n' << text;
    }
}

TEST(FuzzLabels, NeverBreakTheExpositionByTheirLength) {
    const std::string text = "p\n" + std::string(20'000, 'n') +
                             "|label=" + std::string(20'000, '\\') + "|" +
                             std::string(20'000, '-') + "=x\n";
    EXPECT_EQ(check_exposition(read_named_locks(text)), "");
}

TEST(FuzzLabels, OfPrefixesAreRefusedOrRight) {
    for (const std::string_view prefix :
         {"", "7", "a b", "a-b", "a:b", "\u00E9", "a\xFF", "_", "a7"})
        EXPECT_EQ(check_exposition(read_named_locks(std::string{prefix} + "\nlock\n")), "")
            << prefix;
}

TEST(FuzzLabels, OfRealLocksNeverBreakTheExposition) {
    const auto acquire = [](metered::Options options) {
        metered::Mutex<int> mutex{std::move(options)};
        mutex.with_lock([](int& data) { ++data; });
    };
    for (std::uint32_t seed = 1; seed <= 50; ++seed)
        for (const metrics::Series& series : read_named_locks(random_locks(seed)).snapshot)
            acquire({.name = series.lock, .labels = series.labels});
    const std::string text =
        ::prometheus::TextSerializer{}.Serialize(prometheus::collector()->Collect());
    EXPECT_GT(read_exposition(text).size(), 0u);
}

TEST(ExpositionReader, ReadsWhatIsRight) {
    const auto families = read_exposition(
        "# HELP a_total Some \"help\".\n# TYPE a_total counter\n"
        "a_total{lock=\"x\\\\y\\\"z\\n\",mode=\"read\"} 5\na_total 7e3\n");
    ASSERT_EQ(families.size(), 1u);
    ASSERT_EQ(families[0].samples.size(), 2u);
    EXPECT_EQ(families[0].samples[0].labels.at("lock"), "x\\y\"z\n");
    EXPECT_EQ(families[0].samples[1].value, 7000);
}

TEST(ExpositionReader, RefusesWhatIsNot) {
    const std::string head = "# HELP a b\n# TYPE a counter\n";
    const std::string histogram = "# HELP h b\n# TYPE h histogram\n";
    for (const std::string& text : {std::string{"a 1\n"},
                                    std::string{"# HELP a b\na 1\n"},
                                    head + "a 1",
                                    head + "b 1\n",
                                    head + "a{} \n",
                                    head + "a{x=\"1\"}1\n",
                                    head + "a{x=1} 1\n",
                                    head + "a{x=\"1} 1\n",
                                    head + "a{x=\"\\t\"} 1\n",
                                    head + "a{7=\"1\"} 1\n",
                                    head + "a{x-y=\"1\"} 1\n",
                                    head + "a{__x=\"1\"} 1\n",
                                    head + "a{x=\"1\",x=\"2\"} 1\n",
                                    head + "a 1\na 2\n",
                                    head + "a{x=\"\n\"} 1\n",
                                    head + "a{x=\"\xFF\"} 1\n",
                                    head + "a{x=\"\xED\xA0\x80\"} 1\n",
                                    head + "a 1x\n",
                                    head + head,
                                    histogram + "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n",
                                    histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n",
                                    histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 2\n",
                                    histogram + "h_bucket 1\n"}) {
        EXPECT_THROW((void)read_exposition(text), NoExposition) << text;
    }
}

}  // namespace
}  // namespace parking_lot::fuzz
