// SPDX-License-Identifier: MIT
// The tables of the report; Markdown, so that they can be pasted.
#include "compare/report.hpp"

#include <algorithm>
#include <optional>

#include "compare/machine.hpp"
#include "compare/sections.hpp"
#include "compare/table.hpp"

namespace bench {
namespace {

const std::string kStd{kYardstick};

/// A metric as a table shows it; with ratios where it is said what is better.
struct Column {
    std::string metric;
    std::string title;
    double scale;
    int digits;
    std::optional<Better> better;
};

const Column kThroughput{"ops_per_s", "million ops/s", 1e-6, 2, Better::Higher};
const Column kJain{"jain", "Jain index (1: equal shares)", 1, 3, {}};

std::string shown(Maybe value, double scale, int digits) {
    return value ? number(*value * scale, digits) : "-";
}

std::string heading_of(const std::string& section) {
    for (const Section& known : sections()) {
        if (known.name == section) return "\n## " + section + ": " + known.about + "\n\n";
    }
    return "\n## " + section + "\n\n";
}

/// Ours to compare with the best peer: the lock in Mutex<T>, or in FairMutex<T> among fair ones.
std::string our_champion(const std::vector<std::string>& locks) {
    for (const std::string ours : {"RawWordMutex", "RawFairMutex"}) {
        if (std::ranges::count(locks, ours) > 0) return ours;
    }
    return {};
}

/// Rows: cells. Columns: locks, with the ratio to std::mutex, and what ours is to the best peer.
void print_by_cell(std::ostream& out, const Results& results, const std::string& section,
                   const Column& column) {
    const std::vector<std::string> locks = results.locks(section);
    const std::string ours = column.better ? our_champion(locks) : "";
    Table::Row header{column.title};
    header.insert(header.end(), locks.begin(), locks.end());
    if (!ours.empty()) header.push_back(ours + " / best peer");
    Table table{header};
    for (const std::string& cell : results.cells(section)) {
        const auto figure = [&](const std::string& lock) {
            return results.median_of(section, cell, lock, column.metric);
        };
        Table::Row row{cell};
        bool any = false;
        for (const std::string& lock : locks) {
            const Maybe value = figure(lock);
            const Maybe relative = column.better ? ratio(value, figure(kStd)) : std::nullopt;
            any = any || value;
            row.push_back(shown(value, column.scale, column.digits) +
                          (relative ? " (" + number(*relative, 2) + ")" : ""));
        }
        if (column.better && !ours.empty()) {
            const Maybe best = best_of_peers(results, section, cell, column.metric, *column.better);
            row.push_back(shown(ratio(figure(ours), best), 1, 2));
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
        const Maybe best = best_of_peers(results, section, cell, metric, Better::Lower);
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
    const Maybe best = grid_throughput(results, best_grid_peer(results));
    Table table{{"geometric means over the grid", "throughput / std", "/ best peer",
                 "lowest cell / std", "Jain index", "p50 wait us", "p99 wait us", "p99.9 wait us",
                 "longest wait us", "switches per 1000 ops"}};
    for (const std::string& lock : results.locks("contended")) {
        const auto mean = [&](const char* metric) { return grid_mean(results, lock, metric); };
        table.add({lock, shown(grid_throughput(results, lock), 1, 2),
                   shown(ratio(grid_throughput(results, lock), best), 1, 2),
                   shown(worst_cell(results, lock), 1, 2), shown(mean("jain"), 1, 3),
                   shown(mean("wait_p50_ns"), 1e-3, 3), shown(mean("wait_p99_ns"), 1e-3, 2),
                   shown(mean("wait_p999_ns"), 1e-3, 2), shown(mean("wait_max_ns"), 1e-3, 0),
                   shown(mean_switches(results, lock), 1000, 2)});
    }
    out << table << '\n';
}

void print_contended(std::ostream& out, const Results& results, const std::string& section,
                     Detail detail) {
    print_by_cell(out, results, section, kThroughput);
    if (detail == Detail::Terminal) return;
    for (const Column& column :
         {kJain, Column{"wait_p50_ns", "p50 wait, us", 1e-3, 3, {}},
          Column{"wait_p99_ns", "p99 wait, us", 1e-3, 2, {}},
          Column{"wait_p999_ns", "p99.9 wait, us", 1e-3, 2, {}},
          Column{"wait_max_ns", "longest wait, us", 1e-3, 0, {}},
          Column{"switches_per_op", "context switches per 1000 ops", 1000, 2, {}}}) {
        print_by_cell(out, results, section, column);
    }
}

void print_section(std::ostream& out, const Results& results, const std::string& section,
                   Detail detail) {
    out << heading_of(section);
    if (section == "size") {
        print_by_cell(out, results, section, {"bytes", "bytes", 1, 0, {}});
    } else if (section == "uncontended") {
        print_by_lock(out, results, section, "ns", 2);
    } else if (section == "contended") {
        print_grid_means(out, results);
        print_contended(out, results, section, detail);
    } else if (section == "seed") {
        print_by_cell(out, results, section, {"seconds", "us per run", 1e6, 0, Better::Lower});
    } else if (section == "fair") {
        print_contended(out, results, section, detail);
        if (detail == Detail::Terminal) print_by_cell(out, results, section, kJain);
        print_by_cell(out, results, section,
                      {"overtakings", "waiters served out of order", 1, 0, {}});
    } else if (section == "work") {
        print_by_cell(out, results, section, kThroughput);
    } else {
        print_by_cell(out, results, section, {"ns", "ns per wake", 1, 0, Better::Lower});
        out << "The limit is the kernel's part. Since Linux 6.16 a process has a small futex hash\n"
               "of its own, so that a thread among 10 000 asleep is slow to find there.\n";
    }
}

void print_names(std::ostream& out) {
    out << "- ours: RawWordMutex is the lock in Mutex<T>, RawFairMutex that in FairMutex<T>, "
           "RawStdMutex that in\n  Mutex<T> with PARKING_LOT_USE_STD\n"
           "- in parentheses: the ratio to std::mutex in the same row\n";
}

/// All of them, or those that the measured sections tell of.
void print_goals(std::ostream& out, const std::vector<Goal>& goals, bool all) {
    Table table{{"goal", "target", "measured", "met"}};
    for (const Goal& goal : goals) {
        if (!goal.measured && !all) continue;
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
    print_names(out);
    for (const SkippedPeer& peer : skipped_peers()) {
        out << "- skipped: " << peer.name << " (apt install " << peer.package << ")\n";
    }
    for (const Section& section : sections()) {
        if (results.has(section.name)) print_section(out, results, section.name, detail);
    }
    print_goals(out, goals, options.only.empty());
}

}  // namespace bench
