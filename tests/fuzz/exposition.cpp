// SPDX-License-Identifier: MIT
// Reads Prometheus's text format, and refuses what a server might.
#include "fuzz/exposition.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <set>
#include <utility>

namespace parking_lot::fuzz {
namespace {

void require(bool right, std::string_view what, std::string_view where) {
    if (!right) throw NoExposition{std::string{what}.append(": ").append(where.substr(0, 200))};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads one line from its start to its end.
class Line {
  public:
    explicit Line(std::string_view text) : text_{text}, rest_{text} {}

    [[nodiscard]] bool is_at_end() const { return rest_.empty(); }
    [[nodiscard]] std::string_view text() const { return text_; }

    bool skip(std::string_view expected) {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }
    void expect(std::string_view expected) {
        require(skip(expected), std::string{"expected '"}.append(expected).append("'"), text_);
    }

    std::string name(bool may_have_colons) {
        std::size_t length = 0;
        while (length < rest_.size() &&
               (is_letter(rest_[length]) || (length > 0 && is_digit(rest_[length])) ||
                (may_have_colons && rest_[length] == ':')))
            ++length;
        require(length > 0, "no name", text_);
        return take(length);
    }

    /// A string in quotation marks, with three escape sequences.
    std::string quoted() {
        expect("\"");
        std::string value;
        while (!skip("\"")) {
            require(!is_at_end(), "a value has no end", text_);
            if (!skip("\\")) {
                value += take(1);
                continue;
            }
            if (skip("n")) {
                value += '\n';
            } else {
                require(!is_at_end() && (rest_[0] == '\\' || rest_[0] == '"'), "a bad escape",
                        text_);
                value += take(1);
            }
        }
        return value;
    }

    double number() {
        const std::string text = take(rest_.size());
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        require(!text.empty() && end == text.c_str() + text.size(), "no number", text_);
        return value;
    }

    std::string take(std::size_t length) {
        const std::string taken{rest_.substr(0, length)};
        rest_.remove_prefix(length);
        return taken;
    }
    std::string rest() { return take(rest_.size()); }

  private:
    std::string_view text_;
    std::string_view rest_;
};

/// Whether it is UTF-8: by its code points, which must be as short as they can and no surrogates.
bool is_utf8(std::string_view text) {
    constexpr unsigned long kLeast[] = {0, 0x80, 0x800, 0x10000};
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i++]);
        const std::size_t more = byte < 0x80   ? 0
                                 : byte < 0xC0 ? 4
                                 : byte < 0xE0 ? 1
                                 : byte < 0xF0 ? 2
                                 : byte < 0xF8 ? 3
                                               : 4;
        if (more == 4 || i + more > text.size()) return false;
        unsigned long point = more == 0 ? byte : byte & (0x3Fu >> more);
        for (std::size_t j = 0; j < more; ++j) {
            const auto next = static_cast<unsigned char>(text[i++]);
            if ((next & 0xC0) != 0x80) return false;
            point = point << 6 | (next & 0x3Fu);
        }
        if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
    }
    return true;
}

Sample read_sample(Line line) {
    Sample sample;
    sample.name = line.name(true);
    if (line.skip("{") && !line.skip("}")) {
        do {
            const std::string label = line.name(false);
            line.expect("=");
            const bool is_new = sample.labels.emplace(label, line.quoted()).second;
            require(is_new, "a label is there twice", line.text());
            require(!label.starts_with("__"), "a label has a reserved name", line.text());
        } while (line.skip(","));
        line.expect("}");
    }
    line.expect(" ");
    sample.value = line.number();
    return sample;
}

/// The family of a sample's name: of a histogram, without the end.
std::string family_of(const Family& family, const std::string& name) {
    if (family.type != "histogram") return name;
    for (const std::string_view end : {"_bucket", "_sum", "_count"})
        if (name == std::string{family.name}.append(end)) return family.name;
    return name;
}

void check_histogram(const Family& family) {
    struct Series {
        double bound = -HUGE_VAL, count = 0, total = -1;
    };
    std::map<std::map<std::string, std::string>, Series> all;
    for (Sample sample : family.samples) {
        if (!sample.name.ends_with("_bucket")) continue;
        const auto bound = sample.labels.find("le");
        require(bound != sample.labels.end(), "a bucket without a bound", family.name);
        const double le = std::strtod(bound->second.c_str(), nullptr);
        sample.labels.erase(bound);
        Series& series = all[sample.labels];
        require(le > series.bound && sample.value >= series.count, "a bucket out of order",
                family.name);
        series = {le, sample.value, series.total};
    }
    for (const Sample& sample : family.samples) {
        if (!sample.name.ends_with("_count")) continue;
        const auto series = all.find(sample.labels);
        require(series != all.end() && std::isinf(series->second.bound) &&
                    series->second.count == sample.value,
                "the count is not that of the last bucket", family.name);
    }
}

void check_once(const Family& family) {
    std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
    for (const Sample& sample : family.samples)
        require(seen.emplace(sample.name, sample.labels).second, "a sample is there twice",
                family.name);
}

}  // namespace

std::vector<Family> read_exposition(std::string_view text) {
    require(is_utf8(text), "it is not UTF-8", text);
    require(text.empty() || text.ends_with('\n'), "the last line has no end", text);
    std::vector<Family> families;
    std::set<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        Line line{text.substr(at, end - at)};
        at = end + 1;
        if (line.skip("# HELP ")) {
            families.push_back({.name = line.name(true), .type = {}, .samples = {}});
            line.expect(" ");
            require(names.insert(families.back().name).second, "a family is there twice",
                    line.text());
            continue;
        }
        require(!families.empty(), "a line before the first HELP", line.text());
        Family& family = families.back();
        if (line.skip("# TYPE ")) {
            require(line.name(true) == family.name && family.type.empty(), "a TYPE out of place",
                    line.text());
            line.expect(" ");
            family.type = line.rest();
            continue;
        }
        require(!family.type.empty(), "a sample before its TYPE", line.text());
        family.samples.push_back(read_sample(line));
        require(family_of(family, family.samples.back().name) == family.name,
                "a sample of another family", line.text());
    }
    for (const Family& family : families) {
        check_once(family);
        if (family.type == "histogram") check_histogram(family);
    }
    return families;
}

}  // namespace parking_lot::fuzz
