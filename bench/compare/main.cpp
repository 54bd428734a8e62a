// SPDX-License-Identifier: MIT
// compare: measures what the options ask for, prints a report, writes report, JSON and plots.
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include "compare/json.hpp"
#include "compare/options.hpp"
#include "compare/plots.hpp"
#include "compare/report.hpp"
#include "compare/run.hpp"
#include "compare/sections.hpp"
#include "compare/table.hpp"
#include "harness/output.hpp"

namespace bench {
namespace {

void print_list() {
    std::puts("sections:");
    for (const Section& section : sections()) {
        std::printf("  %-12s %s\n", section.name.c_str(), section.about.c_str());
    }
    std::puts("locks:");
    for (const std::string& lock : lock_names()) std::printf("  %s\n", lock.c_str());
    for (const SkippedPeer& peer : skipped_peers()) {
        std::printf("  skipped: %s (apt install %s)\n", peer.name.c_str(), peer.package.c_str());
    }
}

void compare(const Options& options) {
    std::filesystem::create_directories(options.out);
    const auto start = std::chrono::steady_clock::now();
    const Results results = run_plan(make_plan(options), options);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    const std::vector<Goal> goals = judge_goals(results);
    print_report(std::cout, results, goals, options, Detail::Terminal);
    std::ostringstream report;
    print_report(report, results, goals, options, Detail::Full);
    write_file(options.out / "report.md", report.str());
    write_json(options.out / "results.json", results, goals, options);
    std::cout << "\nMeasured in " << number(elapsed.count(), 0)
              << " s. Every figure: " << (options.out / "report.md").string() << " and "
              << (options.out / "results.json").string() << '\n'
              << std::flush;
    write_plots(options.out, results);
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
    const bench::Options options = bench::parse_options(argc, argv);
    try {
        if (options.help) {
            bench::print_help();
        } else if (options.list) {
            bench::print_list();
        } else {
            bench::compare(options);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "compare: %s\n", error.what());
        return 1;
    }
}
