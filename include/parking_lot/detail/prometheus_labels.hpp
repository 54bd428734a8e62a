// SPDX-License-Identifier: MIT
// Labels as Prometheus takes them: legal names, UTF-8 values, nothing twice.
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "parking_lot/metrics.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace prometheus::detail {

/// The length of the UTF-8 sequence at the start of `text`; 0 when there is none.
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) noexcept -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80) return text.empty() ? 0 : 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // Neither longer than need be, nor a surrogate, nor above U+10FFFF.
    const unsigned lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < lowest || byte(1) > highest) return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    return length;
}

/// `text` with U+FFFD for each byte that is not UTF-8: one such byte in one label, and Prometheus
/// drops the whole scrape. Everything else may stand in a value; the serializer escapes it.
[[nodiscard]] inline std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        valid += length > 0 ? text.substr(0, length) : "\uFFFD";
        text.remove_prefix((std::max<std::size_t>)(length, 1));
    }
    return valid;
}

[[nodiscard]] constexpr bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Whether `name` is [a-zA-Z_][a-zA-Z0-9_]*.
[[nodiscard]] constexpr bool is_name(std::string_view name) noexcept {
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::all_of(name.begin(), name.end(), is_name_character);
}

/// Whether a lock's own label may have this name: Prometheus allows it, and it is none of ours.
[[nodiscard]] constexpr bool is_free_label_name(std::string_view name) noexcept {
    return is_name(name) && !name.starts_with("__") && name != "lock" && name != "mode" &&
           name != "le";
}

/// A free name for a label, like `name` as far as possible.
[[nodiscard]] inline std::string free_label_name(std::string_view name) {
    std::string free{name};
    std::replace_if(free.begin(), free.end(), [](char c) { return !is_name_character(c); }, '_');
    if (!is_free_label_name(free)) free.insert(0, "label_");
    return free;
}

/// By name; the names are free.
using LabelMap = std::map<std::string, std::string>;

/// A lock's own labels for Prometheus. A free name stays as it is; another is changed, and numbered
/// if that makes it equal to one there is. A label without a value is left out: to Prometheus it
/// does not exist.
[[nodiscard]] inline LabelMap own_labels(const metrics::Labels& labels) {
    LabelMap own;
    for (const bool is_free : {true, false}) {
        for (const auto& [name, value] : labels) {
            if (value.empty() || is_free_label_name(name) != is_free) continue;
            const std::string free = free_label_name(name);
            const std::string valid = valid_utf8(value);
            bool added = own.try_emplace(free, valid).second;
            for (int number = 2; !added; ++number)
                added = own.try_emplace(free + "_" + std::to_string(number), valid).second;
        }
    }
    return own;
}

}  // namespace prometheus::detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
