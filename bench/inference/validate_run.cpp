// SPDX-License-Identifier: MIT
// Child processes that print JSON, one at a time, their order rotated from round to round.
#include "inference/validate_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "harness/stats.hpp"

namespace inference {
namespace {

using Json = nlohmann::json;

std::filesystem::path directory_of_this_program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

Json run(const Build& build, const std::string& arguments) {
    const std::string command =
        "'" + (directory_of_this_program() / build.program).string() + "' " + arguments;
    std::FILE* const output = popen(command.c_str(), "r");
    if (output == nullptr) throw std::runtime_error("cannot run " + command);
    std::string text;
    char part[4096];
    for (std::size_t size = 0; (size = std::fread(part, 1, sizeof part, output)) > 0;) {
        text.append(part, size);
    }
    if (pclose(output) != 0) throw std::runtime_error("this failed: " + command);
    return Json::parse(text);
}

void keep_numbers(Measured& measured, const Build& build, const Json& json) {
    const Json flat = json.flatten();
    for (const auto& [path, value] : flat.items()) {
        if (value.is_number()) measured.add(build, path, value.get<double>());
    }
}

}  // namespace

double Measured::median(const Build& build, const std::string& path) const {
    const auto of_build = values_.find(std::string{build.locks});
    if (of_build == values_.end()) return 0;
    const auto found = of_build->second.find(path);
    return found == of_build->second.end() ? 0 : bench::median(found->second);
}

double Measured::spread(const Build& build, const std::string& path) const {
    const std::vector<double>& rounds = values_.at(std::string{build.locks}).at(path);
    return *std::ranges::max_element(rounds) / *std::ranges::min_element(rounds) - 1;
}

std::vector<std::string> Measured::locks(const Build& build) const {
    constexpr std::string_view kWaits = "/waits/";
    std::set<std::string> names;
    for (const auto& [path, rounds] : values_.at(std::string{build.locks})) {
        if (!path.starts_with(kWaits)) continue;
        names.insert(path.substr(kWaits.size(), path.rfind('/') - kWaits.size()));
    }
    return {names.begin(), names.end()};
}

Validation validate(const ValidateOptions& options) {
    const auto start = std::chrono::steady_clock::now();
    const std::string server = "--json --requests " + std::to_string(options.requests) +
                               " --concurrency " + std::to_string(options.concurrency);
    const std::size_t builds = std::size(kBuilds);
    Validation result;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        for (std::size_t i = 0; i < builds; ++i) {
            const Build& build = kBuilds[(i + round) % builds];
            std::fprintf(stderr, "round %zu of %zu: %s\n", round + 1, options.rounds,
                         build.program.data());
            const Json run_result = run(build, server);
            keep_numbers(result.server, build, run_result);
            if (build.locks != kMeteredStd.locks) {
                keep_numbers(result.seed, build, run(build, "--seed-benchmark"));
            }
            const std::string texts = run_result.at("texts");
            if (result.texts.empty()) result.texts = texts;
            result.same_texts = result.same_texts && texts == result.texts;
        }
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    result.seconds = elapsed.count();
    return result;
}

}  // namespace inference
