// SPDX-License-Identifier: MIT
// Bars of throughput and latency, and the panels of waiting by lock; by gnuplot.
#include <functional>
#include <sstream>

#include "harness/output.hpp"
#include "inference/validate_report.hpp"

namespace inference {
namespace {

constexpr const char* kBars =
    "set style data histograms\nset style histogram clustered gap 1\n"
    "set style fill solid 0.85 noborder\nset boxwidth 0.9\nset yrange [0:*]\nset grid y\n";

std::string throughput_script(const Measured& server) {
    std::ostringstream data;
    for (const Build& build : kBuilds) {
        data << '"' << build.locks << "\" " << server.median(build, "/words_per_second") / 1000
             << '\n';
    }
    return std::string{kBars} +
           "set title 'Inference server: throughput'\nset ylabel 'thousand words per second'\n"
           "unset key\n$d << EOD\n" +
           data.str() + "EOD\nplot $d using 2:xtic(1) lc rgb '#d62728'\n";
}

std::string latency_script(const Measured& server) {
    std::ostringstream data;
    for (const Build& build : kBuilds) {
        data << '"' << build.locks << '"';
        for (const char* const which : {"mean", "p50", "p99"}) {
            data << ' ' << server.median(build, std::string{"/latency_ms/"} + which);
        }
        data << '\n';
    }
    return std::string{kBars} +
           "set title 'Inference server: latency of requests'\nset ylabel 'milliseconds'\n"
           "set key top left\n$d << EOD\n" +
           data.str() +
           "EOD\nplot $d using 2:xtic(1) title 'mean' lc rgb '#1f77b4', "
           "'' using 3 title 'p50' lc rgb '#2ca02c', '' using 4 title 'p99' lc rgb '#ff7f0e'\n";
}

/// One panel: a figure of each lock, over std's locks and ours.
std::string panel(const Validation& result, const std::string& title, const std::string& unit,
                  const std::function<double(const Build&, const std::string&)>& figure) {
    static int panels = 0;
    const std::string block = "$panel" + std::to_string(++panels);
    std::ostringstream data;
    for (const std::string& lock : locks_by_waiting(result)) {
        data << '"' << lock << "\" " << figure(kMeteredStd, lock) << ' ' << figure(kMetered, lock)
             << '\n';
    }
    return block + " << EOD\n" + data.str() + "EOD\nset title '" + title + "'\nset ylabel '" +
           unit + "'\nplot " + block +
           " using 2:xtic(1) title 'std' lc rgb '#7f7f7f', '' using 3 "
           "title 'parking_lot' lc rgb '#d62728'\n";
}

std::string waits_script(const Validation& result) {
    const auto of = [&result](const char* what) {
        return [&result, what](const Build& build, const std::string& lock) {
            return result.server.median(build, "/waits/" + lock + "/" + what);
        };
    };
    const auto contention = [&](const Build& build, const std::string& lock) {
        const double all = of("acquisitions")(build, lock);
        return all > 0 ? of("contended")(build, lock) / all * 100 : 0;
    };
    const auto threads = [&](const Build& build, const std::string& lock) {
        return waiting(result, build, lock);
    };
    const auto p99 = [&](const Build& build, const std::string& lock) {
        return of("p99_wait_seconds")(build, lock) * 1e3;
    };
    return std::string{kBars} + "set xtics rotate by 20 right\nset multiplot layout 3,1\n" +
           panel(result, "Threads waiting for each lock", "threads", threads) +
           panel(result, "Acquisitions that had to wait", "percent", contention) +
           panel(result, "Wait, p99", "milliseconds", p99) + "unset multiplot\n";
}

}  // namespace

void write_plots(const std::filesystem::path& directory, const Validation& result) {
    if (!bench::has_gnuplot()) return;
    bench::draw_plot(directory, "throughput", 480, throughput_script(result.server));
    bench::draw_plot(directory, "latency", 480, latency_script(result.server));
    bench::draw_plot(directory, "waits", 1100, waits_script(result));
}

}  // namespace inference
