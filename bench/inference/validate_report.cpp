// SPDX-License-Identifier: MIT
// The tables of a validation, with the plan's figures beside what was measured.
#include "inference/validate_report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "compare/machine.hpp"
#include "compare/table.hpp"
#include "harness/output.hpp"

namespace inference {
namespace {

using bench::number;
using bench::Table;

/// What the plan of the seed project expected: so many percent faster than std.
struct Expected {
    unsigned threads;
    double parking_lot;
    double metered;
};
constexpr Expected kPlan[] = {{2, 10, 8}, {8, 32, 30}, {16, 36, 34}, {32, 36, 34}};

std::string percent(double value) { return (value >= 0 ? "+" : "") + number(value, 0) + " %"; }

/// How much more gets done in the same time than with std.
double percent_faster(double std_seconds, double seconds) {
    return seconds > 0 ? (std_seconds / seconds - 1) * 100 : 0;
}

void print_server(std::ostream& out, const Measured& server) {
    Table table{{"locks", "words/s", "/ std", "spread", "mean ms", "p50 ms", "p99 ms",
                 "CPU us/word", "switches/word"}};
    const double std_rate = server.median(kStd, "/words_per_second");
    for (const Build& build : kBuilds) {
        const double rate = server.median(build, "/words_per_second");
        table.add({std::string{build.locks}, number(rate, 0), number(rate / std_rate, 2),
                   number(server.spread(build, "/words_per_second") * 100, 0) + " %",
                   number(server.median(build, "/latency_ms/mean"), 1),
                   number(server.median(build, "/latency_ms/p50"), 1),
                   number(server.median(build, "/latency_ms/p99"), 1),
                   number(server.median(build, "/cpu_us_per_word"), 1),
                   number(server.median(build, "/switches_per_word"), 2)});
    }
    out << "\n## The inference server\n\n" << table;
}

void print_waits(std::ostream& out, const Validation& result) {
    Table table{{"lock", "waiting: std", "parking_lot", "% of requests: std", "parking_lot",
                 "waits/1000 words: std", "parking_lot", "p99 wait ms: std", "parking_lot"}};
    for (const std::string& lock : locks_by_waiting(result)) {
        Table::Row row(9);
        row[0] = lock;
        std::size_t column = 1;
        for (const Build& build : {kMeteredStd, kMetered}) {
            const std::string path = "/waits/" + lock;
            const double words = result.server.median(build, "/words");
            row[column] = number(waiting(result, build, lock), 2);
            row[column + 2] = number(share_of_requests(result, build, lock) * 100, 2);
            row[column + 4] =
                number(result.server.median(build, path + "/contended") / words * 1000, 1);
            row[column + 6] =
                number(result.server.median(build, path + "/p99_wait_seconds") * 1e3, 2);
            ++column;
        }
        table.add(std::move(row));
    }
    out << "\n## Waiting, by lock\n\n"
           "Waiting: threads that wait for the lock at a time, on average. % of requests: the time "
           "spent\nwaiting for the lock, of the time that all requests took together. From the "
           "metered builds.\n\n"
        << table;
}

std::string bar(double value, double longest) {
    constexpr double kWidth = 40;
    const auto length = static_cast<std::size_t>(std::lround(value / longest * kWidth));
    return std::string(length, '#') + (length > 0 ? " " : "") + number(value, 2);
}

void print_bars(std::ostream& out, const Validation& result) {
    const std::vector<std::string> locks = locks_by_waiting(result);
    double longest = 1e-9;
    std::size_t width = 0;
    for (const std::string& lock : locks) {
        width = std::max(width, lock.size());
        for (const Build& build : {kMeteredStd, kMetered}) {
            longest = std::max(longest, waiting(result, build, lock));
        }
    }
    out << "\n```\n";
    for (const std::string& lock : locks) {
        const std::string padding(width - lock.size(), ' ');
        out << lock << padding << "  std          "
            << bar(waiting(result, kMeteredStd, lock), longest) << '\n'
            << std::string(width, ' ') << "  parking_lot  "
            << bar(waiting(result, kMetered, lock), longest) << '\n';
    }
    out << "```\n";
}

void print_seed(std::ostream& out, const Measured& seed) {
    Table table{{"threads", "plan: parking_lot", "start included", "started before",
                 "plan: metered", "start included", "started before"}};
    for (const Expected& plan : kPlan) {
        Table::Row row{std::to_string(plan.threads), percent(plan.parking_lot)};
        for (const Build& build : {kParkingLot, kMetered}) {
            if (build.locks == kMetered.locks) row.push_back(percent(plan.metered));
            for (const std::string group : {"/with_start/", "/started/"}) {
                const std::string path = group + std::to_string(plan.threads);
                row.push_back(
                    percent(percent_faster(seed.median(kStd, path), seed.median(build, path))));
            }
        }
        table.add(std::move(row));
    }
    out << "\n## The seed's benchmark: N threads lock and increment 1000 times\n\n"
           "Faster than std::mutex: so much more is done in the same time. The plan's figures "
           "beside\nthose of this machine, with threads started and joined on the clock as the "
           "seed did it,\nand with threads started before.\n\n"
        << table;
}

}  // namespace

double waiting(const Validation& result, const Build& build, const std::string& lock) {
    return result.server.median(build, "/waits/" + lock + "/wait_seconds") /
           result.server.median(build, "/seconds");
}

double share_of_requests(const Validation& result, const Build& build, const std::string& lock) {
    return result.server.median(build, "/waits/" + lock + "/wait_seconds") /
           result.server.median(build, "/request_seconds");
}

std::vector<std::string> locks_by_waiting(const Validation& result) {
    std::vector<std::string> locks = result.server.locks(kMetered);
    std::ranges::sort(locks, std::greater{},
                      [&](const std::string& lock) { return waiting(result, kMeteredStd, lock); });
    return locks;
}

void print_report(std::ostream& out, const Validation& result, const ValidateOptions& options) {
    out << "# A/B validation\n\n";
    for (const auto& [name, value] : bench::describe_machine()) {
        out << "- " << name << ": " << value << '\n';
    }
    out << "- medians of " << options.rounds << " interleaved rounds; " << options.concurrency
        << " clients with " << options.requests << " requests each\n"
        << "- texts: "
        << (result.same_texts ? "the same with all locks, in every run"
                              : "DIFFERENT between runs: this must not be")
        << " (" << result.texts << ")\n";
    print_server(out, result.server);
    print_waits(out, result);
    print_bars(out, result);
    print_seed(out, result.seed);
}

void write_json(const std::filesystem::path& file, const Validation& result,
                const ValidateOptions& options) {
    nlohmann::ordered_json root;
    for (const auto& [name, value] : bench::describe_machine()) root["machine"][name] = value;
    root["rounds"] = options.rounds;
    root["same_texts"] = result.same_texts;
    root["texts"] = result.texts;
    root["server"] = result.server.values();
    root["seed_benchmark"] = result.seed.values();
    bench::write_file(file, root.dump(1) + '\n');
}

}  // namespace inference
