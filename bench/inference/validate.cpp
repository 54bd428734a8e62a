// SPDX-License-Identifier: MIT
// validate: the A/B test. The inference server over std's locks, ours, and ours metered, in turn.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "harness/output.hpp"
#include "inference/validate_report.hpp"
#include "inference/validate_run.hpp"

namespace inference {
namespace {

void print_usage(std::FILE* out) {
    std::fputs(
        "usage: inference_validate [option]...\n"
        "Runs the inference server over std's, parking_lot's and metered locks, interleaved, "
        "checks\n"
        "that they give the same texts, and reports throughput, latency and waiting by lock.\n"
        "\n"
        "  --quick           one short round, to see that it works\n"
        "  --rounds n        times that each is run; medians are reported (5)\n"
        "  --requests n      requests of each client in a run (200)\n"
        "  --concurrency n   clients, 1 to 200 (50)\n"
        "  --out dir         where report.md, results.json and the plots go (validate-results)\n",
        out);
}

[[noreturn]] void refuse(const std::string& sentence) {
    std::fprintf(stderr, "validate: %s\n\n", sentence.c_str());
    print_usage(stderr);
    std::exit(2);
}

std::size_t number(const std::string& option, const std::string& text, std::size_t most) {
    std::size_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < 1 || value > most) {
        refuse(option + " wants a whole number from 1 to " + std::to_string(most) + ", not '" +
               text + "'.");
    }
    return value;
}

ValidateOptions parse_options(const std::vector<std::string>& arguments) {
    ValidateOptions options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        const auto value = [&]() -> const std::string& {
            if (i + 1 == arguments.size()) refuse(name + " wants a value.");
            return arguments[i + 1];
        };
        if (name == "--help" || name == "-h") {
            options.help = true;
        } else if (name == "--quick") {
            options.rounds = 1;
            options.requests = 10;
        } else if (name == "--rounds") {
            options.rounds = number(name, value(), 1000);
            ++i;
        } else if (name == "--requests") {
            options.requests = number(name, value(), 1'000'000);
            ++i;
        } else if (name == "--concurrency") {
            options.concurrency = number(name, value(), 200);
            ++i;
        } else if (name == "--out") {
            options.out = value();
            ++i;
        } else {
            refuse("there is no option '" + name + "'.");
        }
    }
    return options;
}

void make_directory(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (!error) return;
    throw std::runtime_error("cannot make the directory " + directory.string() + ": " +
                             error.message() + ".");
}

/// Returns the exit status.
int run(const ValidateOptions& options) {
    make_directory(options.out);
    const Validation result = validate(options);
    std::ostringstream report;
    print_report(report, result, options);
    std::cout << report.str() << std::flush;
    if (!std::cout) throw std::runtime_error("cannot write the report to standard output.");
    bench::write_file(options.out / "report.md", report.str());
    write_json(options.out / "results.json", result, options);
    std::printf("\nMeasured in %.0f s. Every figure: %s\n", result.seconds,
                (options.out / "results.json").c_str());
    write_plots(options.out, result);
    if (result.same_texts) return 0;
    std::fputs("validate: the texts differ between runs.\n", stderr);
    return 1;
}

}  // namespace
}  // namespace inference

int main(int argc, char** argv) {
    const auto options = inference::parse_options({argv + 1, argv + argc});
    try {
        if (!options.help) return inference::run(options);
        inference::print_usage(stdout);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "validate: %s\n", error.what());
        return 1;
    }
}
