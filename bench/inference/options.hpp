// SPDX-License-Identifier: MIT
// The command line of `inference`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "inference/server.hpp"
#include "inference/workload.hpp"

namespace inference {

enum class Mode : std::uint8_t { Run, Serve, Load, SeedBenchmark, Help };

struct Options {
    Mode mode = Mode::Run;
    Workload workload;
    ServerOptions server;
    std::vector<std::filesystem::path> text = default_text_paths();
    bool json = false;
    std::string host = "127.0.0.1";
    unsigned port = 8080;
    std::string url;  // of the server to load
};

/// Exits with status 2 and one plain sentence on standard error when the arguments make no sense.
Options parse_options(int argc, char** argv);

void print_usage(std::FILE* out);

}  // namespace inference
