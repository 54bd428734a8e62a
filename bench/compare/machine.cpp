// SPDX-License-Identifier: MIT
// Asks the system, the compiler and git.
#include "compare/machine.hpp"

#include <gnu/libc-version.h>
#include <sys/utsname.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <thread>

#include "compare/table.hpp"

namespace bench {
namespace {

/// Read before main: of the others, not of this program.
const std::string kLoadAtStart = [] {
    double minute = 0;
    return getloadavg(&minute, 1) == 1 ? number(minute, 1) : std::string{"unknown"};
}();

std::string cpu_model() {
    std::ifstream info{"/proc/cpuinfo"};
    for (std::string line; std::getline(info, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown";
}

std::string first_line_of(const std::string& command) {
    struct Close {
        void operator()(std::FILE* file) const { pclose(file); }
    };
    const std::unique_ptr<std::FILE, Close> output{popen(command.c_str(), "r")};
    char line[256] = {};
    if (!output || std::fgets(line, sizeof line, output.get()) == nullptr) return "";
    std::string text{line};
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string commit() {
    const std::string git = "git -C '" BENCH_SOURCE_DIR "' ";
    const std::string hash = first_line_of(git + "rev-parse --short=12 HEAD 2>/dev/null");
    if (hash.empty()) return "unknown";
    const bool is_clean = first_line_of(git + "status --porcelain 2>/dev/null").empty();
    return hash + (is_clean ? "" : " with uncommitted changes");
}

std::string date() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    char text[32];
    std::tm fields{};
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &fields));
    return text;
}

std::string kernel() {
    utsname name{};
    uname(&name);
    return std::string{name.sysname} + " " + name.release + " " + name.machine;
}

std::string compiler() {
#if defined(__clang__)
    return "Clang " __clang_version__ ", -O2";
#else
    return "GCC " __VERSION__ ", -O2";
#endif
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_machine() {
    return {{"cpu", cpu_model()},
            {"cores", std::to_string(std::thread::hardware_concurrency())},
            {"load of other programs at the start", kLoadAtStart},
            {"kernel", kernel()},
            {"libc", std::string{"glibc "} + gnu_get_libc_version()},
            {"compiler", compiler()},
            {"commit", commit()},
            {"date", date()}};
}

}  // namespace bench
