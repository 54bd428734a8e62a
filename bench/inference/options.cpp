// SPDX-License-Identifier: MIT
// Parsing of the command line; says in one sentence what is wrong with it.
#include "inference/options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string_view>

namespace inference {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
    std::fprintf(stderr, "inference: %s\n\n", sentence.c_str());
    print_usage(stderr);
    std::exit(2);
}

std::uint64_t number(const std::string& option, const std::string& text, std::uint64_t least,
                     std::uint64_t most) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end || value < least || value > most) {
        refuse(option + " wants a whole number from " + std::to_string(least) + " to " +
               std::to_string(most) + ", not '" + text + "'.");
    }
    return value;
}

bool set_flag(Options& options, std::string_view name) {
    if (name == "--json") {
        options.json = true;
    } else if (name == "--serve") {
        options.mode = Mode::Serve;
    } else if (name == "--seed-benchmark") {
        options.mode = Mode::SeedBenchmark;
    } else if (name == "--help" || name == "-h") {
        options.mode = Mode::Help;
    } else {
        return false;
    }
    return true;
}

bool set_value(Options& options, bool& has_text, const std::string& name,
               const std::string& value) {
    constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
    if (name == "--concurrency") {
        options.workload.clients = number(name, value, 1, 200);
    } else if (name == "--requests") {
        options.workload.requests = number(name, value, 1, 1'000'000);
    } else if (name == "--workers") {
        options.server.workers = number(name, value, 1, 256);
    } else if (name == "--seed") {
        options.workload.seed = options.server.seed = number(name, value, 0, kAny);
    } else if (name == "--timeout") {
        options.workload.timeout = std::chrono::milliseconds{number(name, value, 1, 3'600'000)};
    } else if (name == "--kv-blocks") {
        options.server.kv_blocks = number(name, value, 32, 1'000'000);
    } else if (name == "--text") {
        if (!has_text) options.text.clear();
        has_text = true;
        options.text.emplace_back(value);
    } else if (name == "--host") {
        options.host = value;
    } else if (name == "--port") {
        options.port = static_cast<unsigned>(number(name, value, 0, 65'535));
    } else if (name == "--load") {
        options.mode = Mode::Load;
        options.url = value;
    } else {
        return false;
    }
    return true;
}

bool takes_value(std::string_view name) {
    Options scratch;
    bool has_text = false;
    return name.starts_with("--") && set_value(scratch, has_text, std::string{name}, "32");
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    bool has_text = false;
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (set_flag(options, arguments[i])) continue;
        const std::size_t equals = arguments[i].find('=');
        const std::string name = arguments[i].substr(0, equals);
        if (!takes_value(name)) refuse("there is no option '" + arguments[i] + "'.");
        if (equals != std::string::npos) {
            set_value(options, has_text, name, arguments[i].substr(equals + 1));
        } else if (i + 1 < arguments.size()) {
            set_value(options, has_text, name, arguments[++i]);
        } else {
            refuse(name + " wants a value.");
        }
    }
    return options;
}

void print_usage(std::FILE* out) {
    std::fputs(
        "usage: inference [option]...\n"
        "A small inference server. Without --serve and --load it runs a workload in this process.\n"
        "\n"
        "  --concurrency n   requests at a time, 1 to 200 (50)\n"
        "  --requests n      requests of each client (100)\n"
        "  --workers n       threads that make words (8)\n"
        "  --kv-blocks n     blocks of the KV cache, of 16 words each (2048)\n"
        "  --seed n          of the workload and its texts (1)\n"
        "  --timeout ms      of each request (30000)\n"
        "  --text path       a file or directory to learn from, may be repeated\n"
        "                    (/usr/share/common-licenses and the manuals in /usr/share/perl)\n"
        "  --json            print the result as JSON\n"
        "  --serve           serve POST /v1/responses and GET /metrics until interrupted\n"
        "  --host address    where to serve (127.0.0.1)\n"
        "  --port n          likewise; 0 takes a free one (8080)\n"
        "  --load url        run the workload against a server, e.g. http://127.0.0.1:8080\n"
        "  --seed-benchmark  N threads, each 1000 times lock, increment, unlock\n",
        out);
}

}  // namespace inference
