// SPDX-License-Identifier: MIT
// Activity: something that the threads of a soak do again and again, and what must be true of it in
// the end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stop_token>
#include <thread>

namespace parking_lot::soak {

/// Ends the program with a sentence unless `holds`.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "soak: FAILED: %s\n", what);
    std::abort();
}

/// What a thread of the soak has of its own.
struct Worker {
    std::mt19937 random;
    std::stop_token stop;  // requested every few milliseconds, and replaced by a new one

    [[nodiscard]] unsigned below(unsigned limit) { return static_cast<unsigned>(random() % limit); }
    /// How long to wait at most.
    [[nodiscard]] std::chrono::microseconds moment() {
        return std::chrono::microseconds{below(500)};
    }
    /// While it holds a lock: gives the processor away at times, so that others find it held.
    void linger() {
        if (below(16) == 0) std::this_thread::yield();
    }
};

class Activity {
  public:
    /// One in `rarity` of its turns is taken.
    explicit Activity(const char* name, unsigned rarity = 1) noexcept
        : name_{name}, rarity_{rarity} {}
    Activity(const Activity&) = delete;
    Activity& operator=(const Activity&) = delete;
    virtual ~Activity() = default;

    void take_turn(Worker& worker) {
        if (worker.below(rarity_) != 0) return;
        run(worker);
        turns_.fetch_add(1, std::memory_order_relaxed);
    }

    /// When all threads have ended: that nothing was lost, and all locks are free.
    virtual void check() = 0;

    [[nodiscard]] const char* name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t turns() const noexcept { return turns_.load(); }

  private:
    virtual void run(Worker& worker) = 0;

    const char* name_;
    unsigned rarity_;
    std::atomic<std::uint64_t> turns_{0};
};

}  // namespace parking_lot::soak
