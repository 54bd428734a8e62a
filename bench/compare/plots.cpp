// SPDX-License-Identifier: MIT
// Throughput and tail waits by threads, uncontended bars, cost of a wake by waiters; by gnuplot.
#include "compare/plots.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "compare/sections.hpp"
#include "compare/summary.hpp"
#include "compare/table.hpp"

namespace bench {
namespace {

struct Plot {
    std::string name;
    std::string script;  // without terminal and output
};

std::string quoted(const std::string& text) { return "'" + text + "'"; }

bool is_emphasized(const std::string& lock) { return is_ours(lock) && lock != "RawStdMutex"; }

/// One line per lock through points; missing points are left out.
template <class Xs, class Figure>
std::string lines_by_lock(const std::vector<std::string>& locks, const Xs& xs,
                          const Figure& figure) {
    std::ostringstream data;
    std::string plot = "plot ";
    for (const std::string& lock : locks) {
        std::ostringstream points;
        for (const auto& x : xs) {
            if (const Maybe y = figure(lock, x)) points << x << ' ' << *y << '\n';
        }
        if (points.str().empty()) continue;
        const std::string block = "$d" + std::to_string(plot.size());
        data << block << " << EOD\n" << points.str() << "EOD\n";
        plot += (plot.size() > 5 ? ", " : "") + block + " with linespoints lw " +
                (is_emphasized(lock) ? "4" : "1.5") + " title " + quoted(lock);
    }
    return plot.size() > 5 ? data.str() + plot + "\n" : "";
}

std::set<unsigned> grid_threads(const Results& results) {
    std::set<unsigned> threads;
    for (const std::string& cell : grid_cells(results)) {
        threads.insert(static_cast<unsigned>(std::stoul(cell)));
    }
    return threads;
}

Plot throughput_plot(const Results& results) {
    const std::string lines = lines_by_lock(results.locks("contended"), grid_threads(results),
                                            [&](const std::string& lock, unsigned threads) {
                                                return grid_throughput(results, lock, threads);
                                            });
    if (lines.empty()) return {};
    return {"throughput",
            "set title 'Throughput, mean over the cells of the grid'\nset logscale x 2\n"
            "set xlabel 'threads'\nset ylabel 'relative to std::mutex'\nset yrange [0:*]\n" +
                lines};
}

Plot tail_waits_plot(const Results& results) {
    const std::string lines =
        lines_by_lock(results.locks("contended"), grid_threads(results),
                      [&](const std::string& lock, unsigned threads) -> Maybe {
                          const Maybe wait = grid_mean(results, lock, "wait_max_ns", threads);
                          return wait ? Maybe{*wait / 1000} : std::nullopt;
                      });
    if (lines.empty()) return {};
    return {"tail_waits",
            "set title 'Longest wait, mean over the cells of the grid'\nset logscale x 2\n"
            "set logscale y\nset xlabel 'threads'\nset ylabel 'microseconds'\n" +
                lines};
}

Plot uncontended_plot(const Results& results) {
    std::ostringstream rows;
    for (const std::string& lock : results.locks("uncontended")) {
        const Maybe ns = results.median_of("uncontended", "lock, unlock", lock, "ns");
        if (ns) rows << '"' << lock << "\" " << *ns << ' ' << (is_emphasized(lock) ? 2 : 1) << '\n';
    }
    if (rows.str().empty()) return {};
    return {"uncontended",
            "set title 'Uncontended lock + unlock'\nset ylabel 'nanoseconds'\nset yrange [0:16]\n"
            "set style fill solid 0.8\nset boxwidth 0.7\nset xtics rotate by -35\nunset key\n"
            "set rmargin 12\n$d << EOD\n" +
                rows.str() +
                "EOD\nplot $d using 0:2:3:xtic(1) with boxes lc variable, "
                "$d using 0:($2 < 15 ? $2 : 15):(sprintf('%.1f', $2)) with labels offset 0,0.7\n"};
}

Plot wake_plot(const Results& results) {
    std::vector<std::string> names;
    for (const std::string& lock : results.locks("wake")) {
        for (const std::string where :
             {", one address", ", own addresses", ", own addresses, in random order"}) {
            names.push_back(lock + where);
        }
    }
    const std::string lines = lines_by_lock(
        names, std::vector<unsigned>{10, 100, 1000, 10'000},
        [&](const std::string& name, unsigned waiters) {
            const std::size_t comma = name.find(',');
            return results.median_of("wake", "1 of " + std::to_string(waiters) + name.substr(comma),
                                     name.substr(0, comma), "ns");
        });
    if (lines.empty()) return {};
    return {"wake_one",
            "set title 'Waking one of many parked threads'\nset logscale xy 10\n"
            "set xlabel 'parked threads'\nset ylabel 'nanoseconds'\n" +
                lines};
}

bool draw(const std::filesystem::path& directory, const Plot& plot) {
    const std::filesystem::path script = directory / (plot.name + ".gp");
    const std::filesystem::path picture = directory / (plot.name + ".svg");
    std::ofstream{script}
        << "set terminal svg size 900,560 background 'white' noenhanced font 'sans,13'\n"
        << "set output " << quoted(picture.string()) << "\nset grid y\n"
        << "set key outside right\n"
        << plot.script;
    return std::system(("gnuplot " + quoted(script.string())).c_str()) == 0;
}

}  // namespace

void write_plots(const std::filesystem::path& directory, const Results& results) {
    if (std::system("command -v gnuplot >/dev/null 2>&1") != 0) {
        std::puts("No plots: gnuplot is not installed (apt install gnuplot-nox).");
        return;
    }
    for (const Plot& plot : {throughput_plot(results), tail_waits_plot(results),
                             uncontended_plot(results), wake_plot(results)}) {
        if (plot.script.empty()) continue;
        const bool drawn = draw(directory, plot);
        std::printf("%s: %s\n", drawn ? "plot" : "gnuplot failed on",
                    (directory / (plot.name + (drawn ? ".svg" : ".gp"))).c_str());
    }
}

}  // namespace bench
