// SPDX-License-Identifier: MIT
// Scheduler: runs the threads of a scenario as fibers, one at a time, in virtual time.
#pragma once

#include <ucontext.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "explore/runtime/strategy.hpp"
#include "explore/runtime/vector_clock.hpp"

namespace explore {

/// Whether code of a scenario's thread is running, so that what it does is to be explored; not
/// while the runtime itself is at work. Read by hooks that are called before any constructor.
extern constinit bool is_observed;

/// In a hook, for as long as it works: the runtime's own code may call hooks, too.
class [[nodiscard]] Unobserved {
  public:
    Unobserved() noexcept { is_observed = false; }
    Unobserved(const Unobserved&) = delete;
    Unobserved& operator=(const Unobserved&) = delete;
    ~Unobserved() { is_observed = true; }
};

using Nanoseconds = std::int64_t;

/// The threads of a scenario. They run on fibers with static stacks, so all addresses, and with
/// them all schedules, are the same in each run of the program.
class Scheduler {
  public:
    struct Body {
        void (*call)(const void*);
        const void* argument;
    };

    void use(Strategy& strategy) { strategy_ = &strategy; }
    [[nodiscard]] Strategy& strategy() { return *strategy_; }

    /// Sets the clock back, for the next schedule.
    void reset();

    /// Runs all threads to their ends.
    void run(std::span<const Body> bodies);

    // For the hooks, on behalf of the current thread.

    [[nodiscard]] ThreadIndex current() const { return current_; }

    /// Here another thread may run.
    void point();

    /// Here another thread should run.
    void yield();

    /// Sleeps until wake() or the deadline. False at the deadline.
    bool sleep(const void* address, std::optional<Nanoseconds> deadline);

    /// Wakes up to `count` of those who sleep at `address`, in the order in which they came.
    std::size_t wake(const void* address, std::size_t count);

    /// Counts something that takes time; a schedule with too much of it is a livelock.
    void count_step();

    [[nodiscard]] Nanoseconds now() const { return now_; }
    void pass_time(Nanoseconds duration) { now_ += duration; }

    // The stacks.

    /// The thread whose stack `address` is in.
    [[nodiscard]] std::optional<ThreadIndex> stack_owner(std::uintptr_t address) const;

    /// Whether `address`, in the stack of `thread`, is in a frame that exists.
    [[nodiscard]] bool is_live(ThreadIndex thread, std::uintptr_t address) const {
        return address >= fibers_[thread].live_from;
    }
    void set_live_from(std::uintptr_t address) { fibers_[current_].live_from = address; }

    /// Where each thread stands, for a report.
    [[nodiscard]] std::string describe() const;

  private:
    enum class State { Unused, Ready, Asleep, Finished };
    enum class Reason { Point, Yield, Stop };

    struct Fiber {
        ucontext_t context;
        std::array<void*, 2> exceptions{};  // the C++ runtime's, which belong to a thread
        Body body{};
        State state = State::Unused;
        const void* asleep_at = nullptr;
        std::optional<Nanoseconds> deadline;
        std::uint64_t asleep_since = 0;
        bool timed_out = false;
        std::uintptr_t live_from = 0;
    };

    static constexpr std::size_t kStackSize = 256 * 1024;
    static constexpr std::uint64_t kMostSteps = 200'000;
    static constexpr Nanoseconds kStart = 1'000'000'000;

    /// Whether it could run since its deadline has passed.
    [[nodiscard]] bool is_overdue(const Fiber& fiber) const {
        return fiber.state == State::Asleep && fiber.deadline && *fiber.deadline <= now_;
    }

    static void enter();
    [[noreturn]] void finish();
    std::size_t list_candidates(Reason reason, std::array<Candidate, kMaxThreads>& list) const;
    void run_next(Reason reason);
    void switch_to(ThreadIndex next);

    Strategy* strategy_ = nullptr;
    std::array<Fiber, kMaxThreads> fibers_{};
    ucontext_t main_{};
    ThreadIndex current_ = 0;
    std::uint64_t steps_ = 0;
    Nanoseconds now_ = kStart;

    static std::array<std::array<std::byte, kStackSize>, kMaxThreads> stacks;
};

extern Scheduler scheduler;

}  // namespace explore
