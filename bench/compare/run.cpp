// SPDX-License-Identifier: MIT
// The interleaving of rounds, cells and locks, and the progress line.
#include "compare/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <latch>
#include <thread>

#include "compare/sections.hpp"
#include "harness/work.hpp"

namespace bench {
namespace {

class Progress {
  public:
    explicit Progress(std::size_t total) : total_{total} {}

    void show(unsigned round, unsigned rounds, const Cell& cell) {
        const double done = static_cast<double>(done_) / static_cast<double>(total_);
        const std::chrono::duration<double> spent = Clock::now() - start_;
        // A line per tenth where the output is not a terminal, such as a CI log.
        const auto tenth = static_cast<int>(done * 10);
        if (!is_terminal_ && tenth == last_tenth_) return;
        last_tenth_ = tenth;
        std::fprintf(stderr, "%s[%3.0f%%] %3.0f s  round %u of %u: %s, %s%s",
                     is_terminal_ ? "\r\033[K" : "", done * 100, spent.count(), round + 1, rounds,
                     cell.section.c_str(), cell.name.c_str(), is_terminal_ ? "" : "\n");
    }

    void advance() { ++done_; }

    ~Progress() {
        if (is_terminal_) std::fputs("\r\033[K", stderr);
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

  private:
    using Clock = std::chrono::steady_clock;

    bool is_terminal_ = isatty(STDERR_FILENO) == 1;
    int last_tenth_ = -1;
    std::size_t total_;
    std::size_t done_ = 0;
    Clock::time_point start_ = Clock::now();
};

/// A processor that was idle needs a while to reach its full clock.
void warm_up() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
    for (std::uint64_t value = 1; std::chrono::steady_clock::now() < end;)
        value = work(value, 1000);
}

void measure(Results& results, const Cell& cell, const Contestant& contestant) {
    try {
        results.add(cell, contestant.lock, contestant.measure());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "\nnot measured: %s, %s, %s: %s\n", cell.section.c_str(),
                     cell.name.c_str(), contestant.lock.c_str(), error.what());
    }
}

}  // namespace

Plan make_plan(const Options& options) {
    Plan plan;
    for (const Section& section : sections()) {
        if (!options.wants_section(section.name)) continue;
        for (Cell& cell : section.plan(options)) plan.push_back(std::move(cell));
    }
    return plan;
}

Results run_plan(const Plan& plan, const Options& options) {
    // glibc takes shortcuts in a process that never had a second thread; real programs have one.
    std::latch end{1};
    const std::jthread company{[&] { end.wait(); }};
    Results results;
    std::size_t total = 0;
    for (const Cell& cell : plan) total += std::min(cell.rounds_at_most, options.rounds);
    Progress progress{total};
    warm_up();
    for (unsigned round = 0; round < options.rounds; ++round) {
        for (const Cell& cell : plan) {
            if (round >= cell.rounds_at_most) continue;
            progress.show(round, options.rounds, cell);
            const std::size_t count = cell.contestants.size();
            for (std::size_t i = 0; i < count; ++i) {
                measure(results, cell, cell.contestants[(i + round) % count]);
            }
            progress.advance();
        }
    }
    end.count_down();
    return results;
}

}  // namespace bench
