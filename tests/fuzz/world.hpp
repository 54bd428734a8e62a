// SPDX-License-Identifier: MIT
// All things that the threads of a program share.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "fuzz/thread.hpp"
#include "fuzz/types.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::fuzz {

/// The condition variable for all locks, and the count of what it says about notifications.
class Notifications {
  public:
    [[nodiscard]] tested::Condvar& condvar() { return condvar_; }

    void notify_one() { sent_ += condvar_.notify_one() ? 1 : 0; }
    void notify_all() { sent_ += condvar_.notify_all(); }

    /// By a thread that has waited, and may not know exactly how often it was notified.
    void count_received(std::size_t least, std::size_t most) {
        least_received_ += least;
        most_received_ += most;
    }

    [[nodiscard]] bool were_all_received() const {
        return PARKING_LOT_USE_STD || (least_received_ <= sent_ && sent_ <= most_received_);
    }

  private:
    tested::Condvar condvar_;
    std::atomic<std::size_t> sent_{0}, least_received_{0}, most_received_{0};
};

/// How often each thread does its part.
inline constexpr std::size_t kRounds = 3;

class World {
  public:
    explicit World(std::size_t threads);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    [[nodiscard]] Subject& subject(Item item) { return *subjects_[static_cast<std::size_t>(item)]; }

    /// Runs a section with several locks.
    void run_lock_all(Thread& thread, const Instruction& instruction);

    /// Brings about all that threads may wait for.
    void open();

    /// When all threads have ended.
    void check_at_end();

    Verdict verdict;
    Progress progress;
    Notifications notifications;
#if PARKING_LOT_HAS_STOP_TOKEN
    std::array<std::stop_source, kRounds> stops;
#endif

  private:
    struct Subjects;

    Subjects& all_;
    std::array<Subject*, kItems> subjects_;
};

}  // namespace parking_lot::fuzz
