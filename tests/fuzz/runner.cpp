// SPDX-License-Identifier: MIT
// The threads that run programs: always the same, as starting them would take most of the time.
#include "fuzz/runner.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "fuzz/thread.hpp"
#include "fuzz/world.hpp"
#include "parking_lot/dump_parked.hpp"

namespace parking_lot::fuzz {
namespace {

constexpr std::size_t kMostThreads = 6;

using Code = std::span<const Instruction>;

/// The parts of the threads: at least two, and if there is but one in the program, three of that.
std::vector<Code> parts_of(const Program& program) {
    std::vector<Code> parts;
    const auto is_mark = [](const Instruction& next) { return next.verb == Verb::Thread; };
    for (auto at = program.begin(); at != program.end() && parts.size() < kMostThreads;) {
        at = std::find_if_not(at, program.end(), is_mark);
        const auto end = std::find_if(at, program.end(), is_mark);
        if (at != end) parts.emplace_back(at, end);
        at = end;
    }
    if (parts.empty()) parts.emplace_back();
    if (parts.size() == 1) parts.resize(3, parts.front());
    return parts;
}

/// A thread that does one task after the other.
class Worker {
  public:
    Worker() = default;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() {
        start(nullptr);
        thread_.join();
    }

    /// To be called when it is done with the task before. None ends the thread.
    void start(std::function<void()> task) {
        const std::lock_guard guard{mutex_};
        task_ = std::move(task);
        is_done_ = false;
        changed_.notify_all();
    }

    /// Returns whether it is done, at the latest after `patience`.
    [[nodiscard]] bool wait_until_done(std::chrono::seconds patience) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, patience, [this]() { return is_done_; });
    }

  private:
    void work() {
        std::unique_lock lock{mutex_};
        for (;;) {
            changed_.wait(lock, [this]() { return !is_done_; });
            if (!task_) return;
            lock.unlock();
            task_();
            lock.lock();
            is_done_ = true;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> task_;
    bool is_done_ = true;
    std::thread thread_{[this]() { work(); }};
};

/// So that the threads meet, unless the machine is too busy.
void wait_a_moment_for_others(std::atomic<std::size_t>& coming) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds{100};
    --coming;
    while (coming != 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

[[noreturn]] void give_up(const Program& program) {
    std::cerr << "Threads are stuck in this program:\n" << print(program);
    dump_parked(std::cerr);
    std::abort();
}

}  // namespace

std::string run(const Program& program, std::chrono::seconds patience) {
    static std::array<Worker, kMostThreads> workers;
    static Worker opener;
    const std::vector<Code> parts = parts_of(program);
    World world{parts.size()};
    std::atomic<std::size_t> coming{parts.size()};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        workers[i].start([&, i]() {
            wait_a_moment_for_others(coming);
            Thread{world, parts[i]}.run(kRounds);
            world.progress.rest();
        });
    }
    if (!world.progress.wait_until_all_rest(patience)) give_up(program);
    opener.start([&]() { world.open(); });
    bool are_done = opener.wait_until_done(patience);
    for (std::size_t i = 0; i < parts.size(); ++i)
        are_done = are_done && workers[i].wait_until_done(patience);
    if (!are_done) give_up(program);
    world.check_at_end();
    return world.verdict.text();
}

}  // namespace parking_lot::fuzz
