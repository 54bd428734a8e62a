// SPDX-License-Identifier: MIT
// TextTable: columns of text for people; and how figures are written in them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Rows of cells, printed in columns as wide as their widest cell. The first column is aligned to
/// the left, the others to the right.
class TextTable {
  public:
    using Row = std::vector<std::string>;

    explicit TextTable(Row head) : rows_{std::move(head)} {}

    void add(Row row) { rows_.push_back(std::move(row)); }

    void print(std::ostream& out) const {
        std::vector<std::size_t> widths(rows_.front().size());
        for (const Row& row : rows_) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                widths[i] = (std::max)(widths[i], row[i].size());
            }
        }
        std::string text;
        for (const Row& row : rows_) {
            text.append(row[0]).append(widths[0] - row[0].size(), ' ');
            for (std::size_t i = 1; i < row.size(); ++i) {
                text.append(widths[i] + 2 - row[i].size(), ' ').append(row[i]);
            }
            text += '\n';
        }
        out << text;
    }

  private:
    std::vector<Row> rows_;
};

/// `text` with its control characters, those of Unicode included, as `\x0a`, and each backslash
/// doubled: it stays in its line, and sends a terminal no commands.
[[nodiscard]] inline std::string printable(std::string_view text) {
    std::string result;
    unsigned char previous = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_c1 = previous == 0xc2 && byte >= 0x80 && byte < 0xa0;  // U+0080 to U+009F
        previous = byte;
        if (c == '\\') {
            result.append("\\\\");
        } else if (byte >= 0x20 && byte != 0x7f && !is_c1) {
            result += c;
        } else {
            constexpr std::string_view kDigits = "0123456789abcdef";
            result.append("\\x") += kDigits[byte / 16];
            result += kDigits[byte % 16];
        }
    }
    return result;
}

/// `value` with so many decimal places.
[[nodiscard]] inline std::string decimal(double value, int places) {
    std::array<char, 400> text{};
    (void)std::snprintf(text.data(), text.size(), "%.*f", places, value);
    return text.data();
}

/// A duration in seconds, as "12.3 ms".
[[nodiscard]] inline std::string duration_text(double seconds) {
    if (seconds == 0) return "0";
    constexpr std::array<std::pair<double, const char*>, 4> kUnits{
        {{1, " s"}, {1e-3, " ms"}, {1e-6, " us"}, {1e-9, " ns"}}};
    for (const auto& [unit, name] : kUnits) {
        if (seconds >= unit) return decimal(seconds / unit, seconds < 10 * unit ? 2 : 1) + name;
    }
    return "0";
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
