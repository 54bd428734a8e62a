// SPDX-License-Identifier: MIT
// Tables that read well in a terminal and are Markdown.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

namespace bench {

inline std::string number(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

class Table {
  public:
    using Row = std::vector<std::string>;

    explicit Table(Row header) : rows_{std::move(header)} {}

    void add(Row row) { rows_.push_back(std::move(row)); }

    [[nodiscard]] bool is_empty() const { return rows_.size() == 1; }

    /// The first column to the left, the others to the right.
    friend std::ostream& operator<<(std::ostream& out, const Table& table) {
        const std::vector<std::size_t> widths = table.widths();
        table.print_row(out, table.rows_.front(), widths);
        for (std::size_t i = 0; i < widths.size(); ++i) {
            out << (i == 0 ? "|:" : "|-") << std::string(widths[i], '-') << (i == 0 ? "-" : ":");
        }
        out << "|\n";
        for (std::size_t i = 1; i < table.rows_.size(); ++i) {
            table.print_row(out, table.rows_[i], widths);
        }
        return out;
    }

  private:
    [[nodiscard]] std::vector<std::size_t> widths() const {
        std::vector<std::size_t> widths(rows_.front().size());
        for (const Row& row : rows_) {
            for (std::size_t i = 0; i < row.size(); ++i) {
                widths[i] = std::max(widths[i], row[i].size());
            }
        }
        return widths;
    }

    static void print_row(std::ostream& out, const Row& row,
                          const std::vector<std::size_t>& widths) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - row[i].size(), ' ');
            out << "| " << (i == 0 ? row[i] + padding : padding + row[i]) << ' ';
        }
        out << "|\n";
    }

    std::vector<Row> rows_;
};

}  // namespace bench
