// SPDX-License-Identifier: MIT
// Labels for Prometheus: names it allows, values in UTF-8, and nothing twice.
#include "parking_lot/detail/prometheus_labels.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parking_lot::prometheus::detail {
namespace {

TEST(PrometheusUtf8, KeepsWhatIsValid) {
    const std::string nul{"a\0b", 3};
    for (const std::string& text : {std::string{}, std::string{"plain"}, nul,
                                    std::string{"line\nbreak \"quoted\" back\\slash\r\x01\x7F"},
                                    // The first and the last sequence of each length.
                                    std::string{"\u0080\u07FF\u0800\uD7FF\uE000\uFFFF"},
                                    std::string{"\U00010000\U0010FFFF"}}) {
        EXPECT_EQ(valid_utf8(text), text);
    }
}

TEST(PrometheusUtf8, ReplacesEachByteThatIsNot) {
    const std::string bad = "\uFFFD";
    EXPECT_EQ(valid_utf8("a\xFFz"), "a" + bad + "z");
    EXPECT_EQ(valid_utf8("\x80\xBF"), bad + bad);  // no first byte
    EXPECT_EQ(valid_utf8("\xC3"), bad);            // cut off at the end
    EXPECT_EQ(valid_utf8("\xE2\x82"), bad + bad);
    EXPECT_EQ(valid_utf8("\xF0\x9F\x98(x"), bad + bad + bad + "(x");  // cut off before text
    EXPECT_EQ(valid_utf8("\xC0\xAF"), bad + bad);                     // '/', too long
    EXPECT_EQ(valid_utf8("\xE0\x9F\xBF"), bad + bad + bad);
    EXPECT_EQ(valid_utf8("\xF0\x8F\xBF\xBF"), bad + bad + bad + bad);
    EXPECT_EQ(valid_utf8("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
    EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // above U+10FFFF
    EXPECT_EQ(valid_utf8("\xF5\x80\x80\x80"), bad + bad + bad + bad);
    EXPECT_EQ(valid_utf8("\xC3\xC3\xA9"), bad + "\u00E9");  // goes on at once
}

TEST(PrometheusLabels, KeepFreeNames) {
    const metrics::Labels labels{{"Shard_7", "3"}, {"_x", "y"}, {"a", "b"}};
    EXPECT_EQ(own_labels(labels), (LabelMap{{"Shard_7", "3"}, {"_x", "y"}, {"a", "b"}}));
}

TEST(PrometheusLabels, ChangeOtherNames) {
    const metrics::Labels labels{
        {"", "empty"},   {"7th", "digit"}, {"__name__", "theirs"}, {"a-b c", "signs"},
        {"le", "bound"}, {"lock", "ours"}, {"mode", "ours too"},   {"\xC3\xA9t\xC3", "no letter"}};
    EXPECT_EQ(own_labels(labels), (LabelMap{{"label_", "empty"},
                                            {"label_7th", "digit"},
                                            {"label___name__", "theirs"},
                                            {"a_b_c", "signs"},
                                            {"label_le", "bound"},
                                            {"label_lock", "ours"},
                                            {"label_mode", "ours too"},
                                            {"label___t_", "no letter"}}));
    for (const auto& [name, value] : own_labels(labels)) EXPECT_TRUE(is_free_label_name(name));
}

TEST(PrometheusLabels, NumberNamesThatBecomeEqual) {
    const metrics::Labels labels{
        {"a b", "1"}, {"a-b", "2"}, {"a_b", "kept"}, {"a_b_2", "kept too"}};
    EXPECT_EQ(own_labels(labels),
              (LabelMap{{"a_b", "kept"}, {"a_b_2", "kept too"}, {"a_b_3", "1"}, {"a_b_4", "2"}}));
}

TEST(PrometheusLabels, StayFreeWhenTheyAreNumbered) {
    const metrics::Labels labels{{"-", "1"}, {"+", "2"}};
    EXPECT_EQ(own_labels(labels), (LabelMap{{"_", "1"}, {"label___2", "2"}}));
}

TEST(PrometheusLabels, LeaveOutEmptyValues) {
    EXPECT_EQ(own_labels({{"a-b", "value"}, {"a_b", ""}}), (LabelMap{{"a_b", "value"}}));
}

TEST(PrometheusLabels, ReplaceBytesInValues) {
    EXPECT_EQ(own_labels({{"a", "\xFF"}}), (LabelMap{{"a", "\uFFFD"}}));
}

}  // namespace
}  // namespace parking_lot::prometheus::detail
