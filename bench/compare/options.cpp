// SPDX-License-Identifier: MIT
// Parsing of the command line; says in one sentence what is wrong with it.
#include "compare/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>

#include "compare/sections.hpp"

namespace bench {
namespace {

constexpr unsigned kMaxThreads = 1000;
constexpr unsigned kMaxRounds = 1000;
constexpr unsigned kMaxCellMs = 60'000;

[[noreturn]] void refuse(const std::string& sentence) {
    std::fprintf(stderr, "compare: %s\n", sentence.c_str());
    std::exit(2);
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return all;
}

std::vector<std::string> split(std::string_view list, const std::string& option) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t comma = list.find(',');
        if (list.substr(0, comma).empty()) refuse(option + " has an empty entry in its list.");
        parts.emplace_back(list.substr(0, comma));
        if (comma == std::string_view::npos) return parts;
        list.remove_prefix(comma + 1);
    }
}

unsigned number(const std::string& text, const std::string& option, unsigned max) {
    unsigned value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < 1 || value > max) {
        refuse(option + " wants a whole number from 1 to " + std::to_string(max) + ", not '" +
               text + "'.");
    }
    return value;
}

std::vector<std::string> known_among(const std::vector<std::string>& wanted,
                                     const std::vector<std::string>& known,
                                     const std::string& kind) {
    for (const std::string& name : wanted) {
        if (std::ranges::find(known, name) != known.end()) continue;
        refuse("there is no " + kind + " '" + name + "' in this build; known: " + joined(known) +
               ".");
    }
    return wanted;
}

void set_option(Options& options, const std::string& name, const std::string& value) {
    if (name == "--only") {
        options.only = known_among(split(value, name), section_names(), "section");
    } else if (name == "--locks") {
        options.locks = known_among(split(value, name), lock_names(), "lock");
    } else if (name == "--rounds") {
        options.rounds = number(value, name, kMaxRounds);
    } else if (name == "--cell-ms") {
        options.cell = std::chrono::milliseconds{number(value, name, kMaxCellMs)};
    } else if (name == "--threads") {
        for (const std::string& count : split(value, name)) {
            options.threads.push_back(number(count, name, kMaxThreads));
        }
    } else if (name == "--out") {
        options.out = value;
    }
}

bool set_flag(Options& options, std::string_view name) {
    bool* const flag = name == "--quick"                  ? &options.quick
                       : name == "--list"                 ? &options.list
                       : name == "--help" || name == "-h" ? &options.help
                                                          : nullptr;
    if (flag != nullptr) *flag = true;
    return flag != nullptr;
}

void fill_in_defaults(Options& options) {
    if (options.rounds == 0) options.rounds = options.quick ? 1 : 5;
    if (options.cell.count() == 0)
        options.cell = std::chrono::milliseconds{options.quick ? 20 : 30};
}

}  // namespace

bool Options::wants_section(std::string_view name) const {
    return only.empty() || std::ranges::find(only, name) != only.end();
}

bool Options::wants_lock(std::string_view name) const {
    return locks.empty() || std::ranges::find(locks, name) != locks.end() ||
           std::ranges::find(sections(), name, &Section::yardstick) != sections().end();
}

std::vector<unsigned> Options::threads_or(std::vector<unsigned> defaults) const {
    return threads.empty() ? defaults : threads;
}

Options parse_options(int argc, char** argv) {
    static constexpr std::string_view kWithValue[] = {"--only",    "--locks",   "--rounds",
                                                      "--cell-ms", "--threads", "--out"};
    Options options;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::size_t equals = arguments[i].find('=');
        const std::string name = arguments[i].substr(0, equals);
        if (std::ranges::find(kWithValue, name) == std::end(kWithValue)) {
            if (set_flag(options, arguments[i])) continue;
            refuse("there is no option '" + arguments[i] + "'; --help lists them.");
        }
        if (equals != std::string::npos) {
            set_option(options, name, arguments[i].substr(equals + 1));
        } else if (i + 1 < arguments.size()) {
            set_option(options, name, arguments[++i]);
        } else {
            refuse(name + " wants a value.");
        }
    }
    fill_in_defaults(options);
    return options;
}

void print_help() {
    std::puts(
        "compare: our locks beside std::mutex and every peer found, interleaved in one process.\n"
        "\n"
        "  --quick            a rough answer in half a minute instead of a good one in minutes\n"
        "  --only a,b         these sections only (--list names them)\n"
        "  --locks a,b        these locks only, and the std ones\n"
        "  --threads a,b      these numbers of threads instead of each section's own\n"
        "  --rounds n         times every cell is measured; medians over rounds are reported\n"
        "  --cell-ms n        milliseconds of one measurement\n"
        "  --out dir          where report.md, results.json and the plots go (compare-results)\n"
        "  --list             names the sections, the locks, and the peers left out of this build");
}

}  // namespace bench
