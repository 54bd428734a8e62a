// SPDX-License-Identifier: MIT
// Throughput and waits by threads, bars of times, cost of a wake by waiters; by gnuplot.
#include "compare/plots.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "compare/sections.hpp"
#include "compare/summary.hpp"
#include "compare/table.hpp"
#include "harness/output.hpp"

namespace bench {
namespace {

struct Plot {
    std::string name;
    std::string script;  // without terminal and output
};

std::string quoted(const std::string& text) { return "'" + text + "'"; }

bool is_emphasized(const std::string& lock) {
    return is_ours(lock) && lock != "RawStdMutex" && lock != "RawStdRwLock";
}

/// One colour per lock, the same in every plot; ours are warm and thick.
std::string color_of(const std::string& lock) {
    static const std::map<std::string, std::string> ours{
        {"RawWordMutex", "#d62728"}, {"RawRwLock", "#d62728"}, {"core::unpark_one", "#ff7f0e"}};
    static constexpr const char* kOthers[] = {"#000000", "#7f7f7f", "#bcbd22", "#8c564b", "#17becf",
                                              "#1f77b4", "#2ca02c", "#9467bd", "#c5b0d5"};
    if (ours.contains(lock)) return ours.at(lock);
    const std::vector<std::string> names = lock_names();
    const auto place_of_first = [&](const auto& fits) {
        return static_cast<std::size_t>(std::ranges::find_if(names, fits) - names.begin());
    };
    std::size_t place = place_of_first([&](const std::string& name) { return name == lock; });
    if (place >= std::size(kOthers)) {  // as the first of its maker
        const std::string maker = lock.substr(0, lock.find_first_of(":-"));
        place = place_of_first([&](const std::string& name) { return name.starts_with(maker); });
    }
    return place < std::size(kOthers) ? kOthers[place] : "#aaaaaa";
}

/// `name` is a lock, or a lock and where its waiters are: the latter chooses the dashes.
std::string style_of(const std::string& name) {
    const std::string lock = name.substr(0, name.find(','));
    const int dashes = name.ends_with("random order") ? 3 : name.ends_with("own addresses") ? 2 : 1;
    return "lw " + std::string{is_emphasized(lock) ? "4" : "2"} + " dt " + std::to_string(dashes) +
           " lc rgb " + quoted(color_of(lock)) + " title " + quoted(name);
}

/// One line per name through points; missing points are left out. Empty when there is no line.
template <class Figure>
std::string lines(const std::vector<std::string>& names, const std::set<unsigned>& xs,
                  const Figure& figure) {
    std::ostringstream data;
    std::string plot;
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::ostringstream points;
        for (const unsigned x : xs) {
            if (const Maybe y = figure(names[i], x)) points << x << ' ' << *y << '\n';
        }
        if (points.str().empty()) continue;
        const std::string block = "$line" + std::to_string(i);
        data << block << " << EOD\n" << points.str() << "EOD\n";
        plot += (plot.empty() ? "plot " : ", ") + block + " with linespoints " + style_of(names[i]);
    }
    if (plot.empty() || xs.size() < 2) return {};
    std::string ticks;
    for (const unsigned x : xs) ticks += (ticks.empty() ? "" : ",") + std::to_string(x);
    const std::string range =
        std::to_string(*xs.begin() * 0.95) + ":" + std::to_string(*xs.rbegin() * 1.05);
    return data.str() + "set xrange [" + range + "]\nset xtics (" + ticks + ")\n" + plot + "\n";
}

std::set<unsigned> grid_threads(const Results& results) {
    std::set<unsigned> threads;
    for (const std::string& cell : grid_cells(results)) {
        threads.insert(static_cast<unsigned>(std::stoul(cell)));
    }
    return threads;
}

Plot throughput_plot(const Results& results) {
    const std::string curves = lines(results.locks("contended"), grid_threads(results),
                                     [&](const std::string& lock, unsigned threads) {
                                         return grid_throughput(results, lock, threads);
                                     });
    if (curves.empty()) return {};
    return {"throughput",
            "set title 'Throughput under contention, geometric mean over work inside and outside'\n"
            "set logscale x 2\nset xlabel 'threads'\nset yrange [0:*]\n"
            "set ylabel 'operations per second, relative to std::mutex'\n" +
                curves};
}

Plot tail_waits_plot(const Results& results) {
    const std::string curves =
        lines(results.locks("contended"), grid_threads(results),
              [&](const std::string& lock, unsigned threads) {
                  return ratio(grid_mean(results, lock, "wait_max_ns", threads), 1e6);
              });
    if (curves.empty()) return {};
    return {"tail_waits",
            "set title 'Longest wait for a lock, geometric mean over work inside and outside'\n"
            "set logscale x 2\nset logscale y\nset xlabel 'threads'\nset ylabel 'milliseconds'\n" +
                curves};
}

/// One bar for each of `locks`, up to `most`, with its value at the end. Empty when there is none.
template <class Figure>
std::string bars(const std::vector<std::string>& locks, const std::string& most,
                 const Figure& figure) {
    std::ostringstream rows;
    for (const std::string& lock : locks) {
        const Maybe value = figure(lock);
        if (!value) continue;
        const char* const color = is_emphasized(lock) ? "0xd62728" : "0x7f7f7f";
        rows << '"' << lock << "\" " << *value << ' ' << color << '\n';
    }
    if (rows.str().empty()) return {};
    return "set xrange [0:" + most + "]\nset yrange [*:*] reverse\n" +
           "set grid x\nset style fill solid 0.8 noborder\nunset key\n$d << EOD\n" + rows.str() +
           "EOD\nend(x) = x < " + most + " ? x : " + most + "\n" +
           "plot $d using (end($2)/2):0:(end($2)/2):(0.35):3:ytic(1) "
           "with boxxyerror lc rgb variable, $d using (end($2)):0:(sprintf('%.1f', $2)) "
           "with labels left offset 0.5,0\n";
}

/// Bars of a time, in units of `scale` nanoseconds.
Plot time_plot(const Results& results, const std::string& name, const std::string& title,
               const std::string& section, const std::string& cell, double scale,
               const std::string& most) {
    const std::string chart = bars(results.locks(section), most, [&](const std::string& lock) {
        return ratio(results.median_of(section, cell, lock, "ns"), scale);
    });
    if (chart.empty()) return {};
    const std::string unit = scale == 1 ? "nanoseconds" : "microseconds";
    return {name, "set title '" + title + " (bars end at " + most + ")'\nset xlabel '" + unit +
                      "'\n" + chart};
}

Plot uncontended_plot(const Results& results) {
    return time_plot(results, "uncontended", "Lock and unlock when nobody else wants the lock",
                     "uncontended", "lock, unlock", 1, "16");
}

Plot once_plot(const Results& results) {
    return time_plot(results, "once", "call_once when all is done", "once", "call when done", 1,
                     "4");
}

std::vector<Plot> condvar_plots(const Results& results) {
    const std::string after = ", notified after the unlock";
    return {time_plot(results, "condvar_ping_pong", "Two threads that take turns: one hand-over",
                      "condvar", "ping-pong" + after, 1000, "30"),
            time_plot(results, "condvar_notify_all", "notify_all of 64, until all are through",
                      "condvar", herd_cell_name(64) + after, 1000, "1200")};
}

Plot rwlock_plot(const Results& results, unsigned write_percent) {
    const std::string percent = std::to_string(write_percent);
    std::set<unsigned> crowds;
    for (const std::string& cell : results.cells("rwlock")) {
        if (cell.ends_with(", " + percent + " % writes")) {
            crowds.insert(static_cast<unsigned>(std::stoul(cell)));
        }
    }
    const std::string curves =
        lines(results.locks("rwlock"), crowds, [&](const std::string& lock, unsigned threads) {
            const std::string cell = mixed_cell_name(threads, write_percent);
            return ratio(results.median_of("rwlock", cell, lock, "ops_per_s"), 1e6);
        });
    if (curves.empty()) return {};
    return {"rwlock_" + percent, "set title 'Readers-writer locks, " + percent + " % writes'\n" +
                                     "set logscale x 2\nset xlabel 'threads'\nset yrange [0:*]\n"
                                     "set ylabel 'million operations per second'\n" +
                                     curves};
}

Plot wake_plot(const Results& results) {
    std::vector<std::string> names;
    for (const std::string& lock : results.locks("wake")) {
        for (const std::string where :
             {", one address", ", own addresses", ", own addresses, in random order"}) {
            names.push_back(lock + where);
        }
    }
    const std::string one_of = "1 of ";
    std::set<unsigned> crowds;
    for (const std::string& cell : results.cells("wake")) {
        crowds.insert(static_cast<unsigned>(std::stoul(cell.substr(one_of.size()))));
    }
    const auto microseconds = [&](const std::string& name, unsigned waiters) {
        const std::size_t comma = name.find(',');
        const std::string cell = one_of + std::to_string(waiters) + name.substr(comma);
        return ratio(results.median_of("wake", cell, name.substr(0, comma), "ns"), 1000);
    };
    const std::string curves = lines(names, crowds, microseconds);
    if (curves.empty()) return {};
    return {"wake_one",
            "set title 'Waking one of many parked threads'\nset logscale xy\n"
            "set key bmargin center horizontal maxcols 2\n"
            "set xlabel 'parked threads'\nset ylabel 'microseconds per wake'\n"
            "set ytics (0.5, 1, 2, 5, 10, 20, 50, 100)\n" +
                curves};
}

}  // namespace

void write_plots(const std::filesystem::path& directory, const Results& results) {
    if (!has_gnuplot()) return;
    std::vector<Plot> plots{throughput_plot(results),  tail_waits_plot(results),
                            uncontended_plot(results), wake_plot(results),
                            rwlock_plot(results, 1),   rwlock_plot(results, 10),
                            once_plot(results)};
    std::ranges::move(condvar_plots(results), std::back_inserter(plots));
    for (const Plot& plot : plots) {
        if (plot.script.empty()) continue;
        draw_plot(directory, plot.name, 560, "set grid y\nset key outside right\n" + plot.script);
    }
}

}  // namespace bench
