// SPDX-License-Identifier: MIT
// The tables of the report; Markdown, so that they can be pasted.
#include "compare/report.hpp"

#include "compare/machine.hpp"
#include "compare/sections.hpp"
#include "compare/table.hpp"

namespace bench {
namespace {

const std::string kStd{kYardstick};

/// A metric as a table shows it.
struct Column {
    std::string metric;
    std::string title;
    double scale;
    int digits;
};

std::string shown(Maybe value, double scale, int digits) {
    return value ? number(*value * scale, digits) : "-";
}

std::string heading_of(const std::string& section) {
    for (const Section& known : sections()) {
        if (known.name == section) return "\n## " + section + ": " + known.about + "\n\n";
    }
    return "\n## " + section + "\n\n";
}

/// Rows: cells. Columns: locks; figures, with the ratio to std::mutex where `with_ratio`.
void print_by_cell(std::ostream& out, const Results& results, const std::string& section,
                   const Column& column, bool with_ratio) {
    Table::Row header{column.title};
    const std::vector<std::string> locks = results.locks(section);
    header.insert(header.end(), locks.begin(), locks.end());
    Table table{header};
    for (const std::string& cell : results.cells(section)) {
        Table::Row row{cell};
        bool any = false;
        const Maybe yardstick = results.median_of(section, cell, kStd, column.metric);
        for (const std::string& lock : locks) {
            const Maybe value = results.median_of(section, cell, lock, column.metric);
            const Maybe relative = ratio(value, yardstick);
            any = any || value;
            row.push_back(shown(value, column.scale, column.digits) +
                          (with_ratio && relative ? " (" + number(*relative, 2) + ")" : ""));
        }
        if (any) table.add(std::move(row));
    }
    if (!table.is_empty()) out << table << '\n';
}

/// Rows: locks. For sections whose locks differ from cell to cell.
void print_by_lock(std::ostream& out, const Results& results, const std::string& section,
                   const std::string& metric, int digits) {
    for (const std::string& cell : results.cells(section)) {
        Table table{{cell, metric, "/ std::mutex", "/ best peer"}};
        const Maybe yardstick = results.median_of(section, cell, kStd, metric);
        const Maybe best = lowest_of_peers(results, section, cell, metric);
        for (const std::string& lock : results.locks(section)) {
            const Maybe value = results.median_of(section, cell, lock, metric);
            if (!value) continue;
            table.add({lock, number(*value, digits), shown(ratio(value, yardstick), 1, 2),
                       shown(ratio(value, best), 1, 2)});
        }
        out << table << '\n';
    }
}

Maybe mean_switches(const Results& results, const std::string& lock) {
    double sum = 0;
    const std::vector<std::string> cells = grid_cells(results);
    for (const std::string& cell : cells) {
        sum += results.median_of("contended", cell, lock, "switches_per_op").value_or(0);
    }
    if (cells.empty()) return std::nullopt;
    return sum / static_cast<double>(cells.size());
}

void print_grid_means(std::ostream& out, const Results& results) {
    Table table{{"geometric means over the grid", "throughput / std", "lowest cell / std",
                 "Jain index", "p50 wait us", "p99 wait us", "p99.9 wait us", "longest wait us",
                 "switches per 1000 ops"}};
    for (const std::string& lock : results.locks("contended")) {
        const auto mean = [&](const char* metric) { return grid_mean(results, lock, metric); };
        table.add({lock, shown(grid_throughput(results, lock), 1, 2),
                   shown(worst_cell(results, lock), 1, 2), shown(mean("jain"), 1, 3),
                   shown(mean("wait_p50_ns"), 1e-3, 3), shown(mean("wait_p99_ns"), 1e-3, 2),
                   shown(mean("wait_p999_ns"), 1e-3, 2), shown(mean("wait_max_ns"), 1e-3, 0),
                   shown(mean_switches(results, lock), 1000, 2)});
    }
    out << table << '\n';
}

void print_contended(std::ostream& out, const Results& results, const std::string& section,
                     Detail detail) {
    print_by_cell(out, results, section, {"ops_per_s", "million ops/s (ratio to std)", 1e-6, 2},
                  true);
    if (detail == Detail::Terminal) return;
    for (const Column& column :
         {Column{"jain", "Jain index", 1, 3}, Column{"wait_p50_ns", "p50 wait, us", 1e-3, 3},
          Column{"wait_p99_ns", "p99 wait, us", 1e-3, 2},
          Column{"wait_p999_ns", "p99.9 wait, us", 1e-3, 2},
          Column{"wait_max_ns", "longest wait, us", 1e-3, 0},
          Column{"switches_per_op", "context switches per 1000 ops", 1000, 2}}) {
        print_by_cell(out, results, section, column, false);
    }
}

void print_section(std::ostream& out, const Results& results, const std::string& section,
                   Detail detail) {
    out << heading_of(section);
    if (section == "size") {
        print_by_cell(out, results, section, {"bytes", "bytes", 1, 0}, false);
    } else if (section == "uncontended") {
        print_by_lock(out, results, section, "ns", 2);
    } else if (section == "contended") {
        print_grid_means(out, results);
        print_contended(out, results, section, detail);
    } else if (section == "seed") {
        print_by_cell(out, results, section, {"seconds", "us per run (ratio to std)", 1e6, 0},
                      true);
    } else if (section == "fair") {
        print_contended(out, results, section, Detail::Full);
        print_by_cell(out, results, section, {"overtakings", "waiters served out of order", 1, 0},
                      false);
    } else if (section == "work") {
        print_by_cell(out, results, section, {"ops_per_s", "million ops/s (ratio to std)", 1e-6, 2},
                      true);
    } else {
        print_by_cell(out, results, section, {"ns", "ns per wake (ratio to std)", 1, 0}, true);
    }
}

void print_overview(std::ostream& out, const std::vector<Goal>& goals) {
    Table table{{"goal", "target", "measured", "verdict"}};
    for (const Goal& goal : goals) {
        if (!goal.measured) continue;
        table.add({goal.text, goal.target_text(), shown(goal.measured, 1, 2), goal.verdict()});
    }
    if (!table.is_empty()) out << "\n## Goals\n\n" << table;
}

}  // namespace

void print_report(std::ostream& out, const Results& results, const std::vector<Goal>& goals,
                  const Options& options, Detail detail) {
    out << "# Lock comparison\n\n";
    for (const auto& [name, value] : describe_machine())
        out << "- " << name << ": " << value << '\n';
    out << "- medians of " << options.rounds << " interleaved rounds of " << options.cell.count()
        << " ms per measurement\n";
    for (const SkippedPeer& peer : skipped_peers()) {
        out << "- skipped: " << peer.name << " (apt install " << peer.package << ")\n";
    }
    for (const Section& section : sections()) {
        if (results.has(section.name)) print_section(out, results, section.name, detail);
    }
    print_overview(out, goals);
}

}  // namespace bench
