// SPDX-License-Identifier: MIT
// Strategy: who decides which of the possible executions is run next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "explore/runtime/vector_clock.hpp"

namespace explore {

/// A thread that could run next.
struct Candidate {
    enum class Kind {
        Current,  ///< it is running
        Ready,
        Timer,  ///< it sleeps, and would wake up because its deadline comes now
    };
    ThreadIndex thread;
    Kind kind;
    bool deviates;  ///< to choose it is what the exhaustive search counts as a deviation
};

/// What is decided besides the next thread.
enum class Decision {
    Visible,  ///< a store in another thread's buffer reaches memory before this thread looks there
    Late,     ///< a thread that yields gets the processor back late, by the clock
    Rare,     ///< something unlikely happens: a weak exchange fails, a sleeper wakes for no reason
    Setup,    ///< a free choice that a scenario makes before its threads start
};

/// Makes all choices of an execution, so that the same choices give the same execution.
class Strategy {
  public:
    virtual ~Strategy() = default;

    /// Prepares for the next schedule. False when there is none left.
    virtual bool next_schedule() = 0;

    /// The index of the candidate to run. Number 0 is the one that a plain scheduler would take.
    virtual std::size_t choose(std::span<const Candidate> candidates) = 0;

    virtual bool decide(Decision decision) = 0;

    /// How old is what a load sees, or where a store goes, in weak memory: 0 for the newest.
    virtual std::size_t age(std::size_t options) = 0;

    /// Whether plain accesses to shared memory are points at which threads may change places. Races
    /// are found in either case.
    [[nodiscard]] virtual bool stops_at_plain_accesses() const = 0;

    /// The option of the program that repeats the present schedule.
    [[nodiscard]] virtual std::string replay_option() const = 0;
};

/// Chooses at random, by a seed: half of the schedules by a random walk, which changes threads with
/// a probability of its own in each schedule; the other half by PCT ("A Randomized Scheduler with
/// Probabilistic Guarantees of Finding Bugs", Burckhardt et al., 2010), which always runs the ready
/// thread of the highest priority and lowers that of the running one at a few random moments.
class Sampling : public Strategy {
  public:
    explicit Sampling(std::uint64_t first_seed) : seed_{first_seed - 1} {}

    bool next_schedule() override;
    std::size_t choose(std::span<const Candidate> candidates) override;
    bool decide(Decision decision) override;
    std::size_t age(std::size_t options) override;
    [[nodiscard]] bool stops_at_plain_accesses() const override { return stops_at_plain_accesses_; }
    [[nodiscard]] std::string replay_option() const override;

  private:
    static constexpr std::size_t kMostChanges = 4;

    [[nodiscard]] bool one_in(std::uint64_t n) { return random_() % n == 0; }
    std::size_t walk(std::span<const Candidate> candidates);
    std::size_t by_priority(std::span<const Candidate> candidates);

    std::uint64_t seed_;
    std::mt19937_64 random_;
    bool stops_at_plain_accesses_ = false;
    bool walks_ = false;
    std::uint64_t stays_for_ = 1;  // of the walk: the mean number of steps between changes

    // Of PCT:
    std::uint64_t step_ = 0;
    std::array<std::uint64_t, kMostChanges> changes_{};
    std::array<std::int64_t, kMaxThreads> priorities_{};
    std::int64_t lowest_ = 0;
};

/// Tries every schedule with a bounded number of deviations from the plain one, depth first. A
/// deviation is to stop a thread that could go on, to end a sleep by its deadline while others can
/// run, to keep a store from a thread that looks for it, or to see an old value.
class Exhaustive : public Strategy {
  public:
    /// The choices that differ from 0, by their position.
    using Choices = std::map<std::size_t, std::size_t>;

    explicit Exhaustive(unsigned bound) : bound_{bound} {}
    explicit Exhaustive(Choices replayed) : bound_{~0u}, replayed_{std::move(replayed)} {}

    bool next_schedule() override;
    std::size_t choose(std::span<const Candidate> candidates) override;
    bool decide(Decision decision) override;
    std::size_t age(std::size_t options) override;
    [[nodiscard]] bool stops_at_plain_accesses() const override { return false; }
    [[nodiscard]] std::string replay_option() const override;

  private:
    struct Node {
        std::size_t chosen;
        std::size_t options;
        unsigned deviating;  // a bit for each option
        unsigned deviations_before;
    };

    std::size_t choose(std::size_t options, unsigned deviating);
    [[nodiscard]] static unsigned deviations_after(const Node& node) {
        return node.deviations_before + ((node.deviating >> node.chosen) & 1);
    }
    [[nodiscard]] bool advance(Node& node) const;

    unsigned bound_;
    Choices replayed_;
    std::vector<Node> path_;
    std::size_t depth_ = 0;
    bool started_ = false;
};

}  // namespace explore
