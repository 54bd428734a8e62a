// SPDX-License-Identifier: MIT
// Threads of a test, and waiting for what they do. Nothing here gives up: a test that hangs is
// ended by ctest, which then names it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "parking_lot/core.hpp"

namespace parking_lot::test {

/// Returns once `condition()` holds.
template <class Condition>
void wait_until(Condition&& condition) {
    while (!condition()) std::this_thread::sleep_for(std::chrono::microseconds{50});
}

/// The number of threads parked at `address`.
inline std::size_t parked_at(const void* address) {
    std::size_t count = 0;
    core::for_each_parked([&](const void* where, core::ParkToken) noexcept {
        if (where == address) ++count;
    });
    return count;
}

/// Returns once at least `count` threads are parked at `address`.
inline void wait_for_parked(const void* address, std::size_t count) {
    wait_until([=]() { return parked_at(address) >= count; });
}

/// The number of threads parked anywhere: zero at the end of a test, or a waiter was lost.
inline std::size_t parked_anywhere() {
    std::size_t count = 0;
    core::for_each_parked([&](const void*, core::ParkToken) noexcept { ++count; });
    return count;
}

/// How many of `threads` threads that end can be in thread-local destructors at a time: mingw-w64
/// runs those of a process one after the other, and starts no thread meanwhile.
constexpr std::size_t ending_together(std::size_t threads) {
#if defined(_WIN32)
    return threads == 0 ? 0 : 1;
#else
    return threads;
#endif
}

/// Threads that are joined at the end of the scope.
class Threads {
  public:
    Threads() = default;
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads() { join(); }

    template <class Function>
    void start(Function&& function) {
        threads_.push_back(std::thread{std::forward<Function>(function)});
    }

    void join() {
        for (std::thread& thread : threads_) thread.join();
        threads_.clear();
    }

  private:
    std::vector<std::thread> threads_;
};

/// Where so many threads wait for each other, once. std::barrier loses wake-ups in the libstdc++ of
/// mingw-w64's GCC 12.
class Meeting {
  public:
    explicit Meeting(std::size_t count) : missing_{count} {}

    void arrive_and_wait() noexcept {
        missing_.fetch_sub(1);
        while (missing_.load() != 0) std::this_thread::yield();
    }

  private:
    std::atomic<std::size_t> missing_;
};

/// Runs `function(index)` in `count` threads that start together, and joins them.
template <class Function>
void run_together(std::size_t count, Function&& function) {
    Meeting start{count};
    Threads threads;
    for (std::size_t i = 0; i < count; ++i) {
        threads.start([&, i]() {
            start.arrive_and_wait();
            function(i);
        });
    }
}

}  // namespace parking_lot::test
