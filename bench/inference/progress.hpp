// SPDX-License-Identifier: MIT
// A line on the terminal that says how far a run has come. Nothing when standard error is a file.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>

namespace inference {

class Progress {
  public:
    explicit Progress(std::size_t all) : all_{all} {
        if (isatty(STDERR_FILENO) != 0) line_ = std::thread{[this]() { show(); }};
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() {
        is_over_ = true;
        if (line_.joinable()) line_.join();
    }

    /// What the workers count their answers in.
    [[nodiscard]] std::atomic<std::size_t>& done() { return done_; }

  private:
    void show() const {
        const auto start = std::chrono::steady_clock::now();
        while (!is_over_) {
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
            const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
            std::fprintf(stderr, "\r%zu of %zu requests, %.0f s ", done_.load(), all_,
                         passed.count());
        }
        std::fprintf(stderr, "\r%40s\r", "");
    }

    const std::size_t all_;
    std::atomic<std::size_t> done_{0};
    std::atomic<bool> is_over_{false};
    std::thread line_;
};

}  // namespace inference
