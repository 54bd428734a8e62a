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

/// A metric as a table shows it; with ratios where it is said what is better.
struct Column {
    std::string metric;
    std::string title;
    double scale;
    int digits;
    std::optional<Better> better;
};

const Column kBytes{"bytes", "bytes", 1, 0, {}};
const Column kPairTime{"ns", "ns", 1, 2, Better::Lower};
const Column kThroughput{"ops_per_s", "million ops/s", 1e-6, 2, Better::Higher};
const Column kJain{"jain", "Jain index (1: equal shares)", 1, 3, {}};

std::string shown(Maybe value, double scale, int digits) {
    return value ? number(*value * scale, digits) : "-";
}

std::string heading_of(const std::string& section) {
    return "\n## " + section + ": " + section_named(section).about + "\n\n";
}

/// Rows: cells. Columns: locks, with the ratio to the yardstick, and what ours is to the best peer.
void print_by_cell(std::ostream& out, const Results& results, const std::string& section,
                   const Column& column) {
    const std::vector<std::string> locks = results.locks(section);
    const std::string& yardstick = section_named(section).yardstick;
    const std::string& champion = section_named(section).champion;
    const bool is_judged = column.better && std::ranges::count(locks, champion) > 0;
    Table::Row header{column.title};
    header.insert(header.end(), locks.begin(), locks.end());
    if (is_judged) header.push_back(champion + " / best peer");
    Table table{header};
    for (const std::string& cell : results.cells(section)) {
        const auto figure = [&](const std::string& lock) {
            return results.median_of(section, cell, lock, column.metric);
        };
        Table::Row row{cell};
        bool any = false;
        for (const std::string& lock : locks) {
            const Maybe value = figure(lock);
            const Maybe relative = column.better ? ratio(value, figure(yardstick)) : std::nullopt;
            any = any || value;
            row.push_back(shown(value, column.scale, column.digits) +
                          (relative ? " (" + number(*relative, 2) + ")" : ""));
        }
        if (is_judged) {
            const Maybe best = best_of_peers(results, section, cell, column.metric, *column.better);
            row.push_back(shown(ratio(figure(champion), best), 1, 2));
        }
        if (any) table.add(std::move(row));
    }
    if (!table.is_empty()) out << table << '\n';
}

/// Rows: locks. For sections whose locks differ from cell to cell.
void print_by_lock(std::ostream& out, const Results& results, const std::string& section,
                   const std::string& metric, int digits) {
    for (const std::string& cell : results.cells(section)) {
        const std::string& std_name = section_named(section).yardstick;
        Table table{{cell, metric, "/ " + std_name, "/ best peer"}};
        const Maybe yardstick = results.median_of(section, cell, std_name, metric);
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

void print_rwlock(std::ostream& out, const Results& results, const std::string& section,
                  Detail detail) {
    std::vector<Column> columns{kBytes,
                                kPairTime,
                                kThroughput,
                                {"readers_p999_ns", "readers' p99.9 wait, us", 1e-3, 2, {}},
                                {"writers_p999_ns", "writers' p99.9 wait, us", 1e-3, 2, {}}};
    if (detail == Detail::Full) {
        columns.push_back({"readers_max_ns", "readers' longest wait, us", 1e-3, 0, {}});
        columns.push_back({"writers_max_ns", "writers' longest wait, us", 1e-3, 0, {}});
        columns.push_back({"switches_per_op", "context switches per 1000 ops", 1000, 2, {}});
    }
    for (const Column& column : columns) print_by_cell(out, results, section, column);
}

void print_condvar(std::ostream& out, const Results& results, const std::string& section) {
    for (const Column& column :
         {kBytes,
          Column{"ns", "us per hand-over, or until all are through", 1e-3, 2, Better::Lower},
          Column{"ops_per_s", "million items/s", 1e-6, 3, Better::Higher},
          Column{"switches_per_op", "context switches per hand-over or item", 1, 2, {}},
          Column{"switches_per_waiter", "context switches per waiter", 1, 2, {}}}) {
        print_by_cell(out, results, section, column);
    }
}

void print_section(std::ostream& out, const Results& results, const std::string& section,
                   Detail detail) {
    out << heading_of(section);
    if (section == "size") {
        print_by_cell(out, results, section, kBytes);
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
    } else if (section == "rwlock") {
        print_rwlock(out, results, section, detail);
    } else if (section == "condvar") {
        print_condvar(out, results, section);
    } else if (section == "once" || section == "reentrant") {
        print_by_cell(out, results, section, kBytes);
        print_by_cell(out, results, section, kPairTime);
    } else if (section == "metered") {
        for (const Column& column : {kBytes, kPairTime, kThroughput}) {
            print_by_cell(out, results, section, column);
        }
        print_by_cell(out, results, section, {"ms", "milliseconds", 1, 1, {}});
    } else {
        print_by_cell(out, results, section, {"ns", "ns per wake", 1, 0, Better::Lower});
        out << "The limit is the kernel's part. Since Linux 6.16 a process has a small futex hash\n"
               "of its own, so that a thread among 10 000 asleep is slow to find there.\n";
    }
}

void print_names(std::ostream& out) {
    out << "- ours: RawWordMutex is the lock in Mutex<T>, RawFairMutex that in FairMutex<T>, "
           "RawRwLock that in\n  RwLock<T>, RawStdMutex and RawStdRwLock those with "
           "PARKING_LOT_USE_STD\n"
           "- in parentheses: the ratio to the standard library in the same row\n";
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
