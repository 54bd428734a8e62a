// SPDX-License-Identifier: MIT
// What must hold of the text that Prometheus scrapes, whatever locks are called.
#include "fuzz/labels.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <stdexcept>

#include "fuzz/exposition.hpp"
#include "parking_lot/prometheus.hpp"

namespace parking_lot::fuzz {
namespace {

std::string unescaped(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        unsigned byte = 0;
        const bool is_escape =
            text[0] == '%' && text.size() >= 3 &&
            std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3;
        result += is_escape ? static_cast<char>(byte) : text[0];
        text.remove_prefix(is_escape ? 3 : 1);
    }
    return result;
}

/// Takes the part of `text` before the first `separator` away, and that, too.
std::string_view take_part(std::string_view& text, char separator) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    return part;
}

metrics::Series series_of(std::string_view line) {
    metrics::Series series;
    series.lock = unescaped(take_part(line, '|'));
    while (!line.empty()) {
        std::string_view label = take_part(line, '|');
        const std::string name = unescaped(take_part(label, '='));
        series.labels.emplace_back(name, unescaped(label));
    }
    series.acquisitions = 1 + series.lock.size();
    series.contended = 1;
    series.wait.counts.assign(metrics::bucket_bounds().size() + 1, 0);
    series.wait.counts[series.lock.size() % series.wait.counts.size()] = 1;
    series.wait.sum = 0.25;
    if (!series.labels.empty()) series.hold = series.wait;
    return series;
}

bool is_plain(char c) { return c > ' ' && c <= '~'; }

/// Whether text may stand in an exposition as it is, and so has to.
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_plain(c); });
}

/// Whether a sample has the lock's name and those of its labels that nobody could mistake.
bool says(const Sample& sample, const metrics::Series& series) {
    const auto has = [&](const std::string& name, const std::string& value) {
        const auto found = sample.labels.find(name);
        return found != sample.labels.end() && found->second == value;
    };
    if (is_plain(series.lock) && !has("lock", series.lock)) return false;
    return std::ranges::all_of(series.labels, [&](const auto& label) {
        const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
        const auto& name = label.first;
        const bool is_clear =
            !name.empty() && std::ranges::all_of(name, is_small) && name != "lock" &&
            name != "mode" && name != "le" && is_plain(label.second) &&
            std::ranges::count(series.labels, name, [](const auto& l) { return l.first; }) == 1;
        return !is_clear || has(name, label.second);
    });
}

std::string check_acquisitions(const Family& family, const metrics::Snapshot& snapshot) {
    double expected = 0, found = 0;
    for (const metrics::Series& series : snapshot) {
        expected += static_cast<double>(series.acquisitions);
        if (std::ranges::none_of(family.samples, [&](const Sample& s) { return says(s, series); }))
            return "a lock is missing: " + series.lock;
    }
    for (const Sample& sample : family.samples) found += sample.value;
    return found == expected ? "" : "acquisitions are missing";
}

std::string check_table(const metrics::Snapshot& snapshot) {
    std::ostringstream out;
    metrics::print_top(out, snapshot, snapshot.size());
    const std::string table = out.str();
    const auto is_control = [](char c) {
        return c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7F);
    };
    if (std::ranges::any_of(table, is_control)) return "print_top() prints a control character";
    const auto lines = static_cast<std::size_t>(std::ranges::count(table, '\n'));
    return lines == snapshot.size() + 1 ? "" : "print_top() prints lines without a lock";
}

bool is_prefix(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto is_inside = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
    return !text.empty() && is_letter(text[0]) && std::ranges::all_of(text, is_inside);
}

}  // namespace

NamedLocks read_named_locks(std::string_view text) {
    NamedLocks locks{.prefix = std::string{take_part(text, '\n')}, .snapshot = {}};
    while (!text.empty()) locks.snapshot.push_back(series_of(take_part(text, '\n')));
    return locks;
}

std::string check_exposition(const NamedLocks& locks) {
    std::vector<::prometheus::MetricFamily> families;
    try {
        families = prometheus::families(locks.snapshot, locks.prefix);
    } catch (const std::invalid_argument&) {
        return is_prefix(locks.prefix) ? "a good prefix was refused" : "";
    }
    if (!is_prefix(locks.prefix)) return "a bad prefix was not refused";
    std::vector<Family> read;
    try {
        read = read_exposition(::prometheus::TextSerializer{}.Serialize(families));
    } catch (const NoExposition& error) {
        return error.what();
    }
    if (std::string wrong = check_table(locks.snapshot); !wrong.empty()) return wrong;
    if (locks.snapshot.empty()) return read.empty() ? "" : "there are samples without a lock";
    for (const Family& family : read)
        if (family.name == locks.prefix + "_lock_acquisitions_total")
            return check_acquisitions(family, locks.snapshot);
    return "there are no acquisitions";
}

}  // namespace parking_lot::fuzz
