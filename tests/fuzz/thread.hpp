// SPDX-License-Identifier: MIT
// A thread of a program, and the rules by which no program can deadlock.
//
// A thread waits without a limit for a lock only while it holds none of a higher number; otherwise
// it tries, or waits for a moment. It waits without a limit for an event (a notification, a
// predicate, a permit, a latch, a value) only while it holds nothing. When all threads have ended
// or wait so, the runner brings all events about, once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "fuzz/oracle.hpp"
#include "fuzz/program.hpp"
#include "parking_lot/deadline.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::fuzz {

class Thread;
class World;

/// Something that programs use, with the oracle of it.
class Subject {
  public:
    Subject(Item which, Verdict& verdict) : item{which}, oracle{which, verdict} {}
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;
    virtual ~Subject() = default;

    /// Runs a section of it, from after the instruction that begins it up to its end.
    virtual void run_section(Thread& thread, Instruction instruction) = 0;

    /// Whether a thread that holds it in `held` may begin another section: it then does not wait.
    [[nodiscard]] virtual bool may_be_retaken(Mode /*held*/, Verb /*verb*/) const { return false; }

    /// Whether what its sections wait for may never come unless the runner brings it about.
    [[nodiscard]] virtual bool is_event() const { return false; }

    virtual void signal() {}
    virtual void attend(Thread& /*thread*/, Instruction /*instruction*/) {}

    /// Lets everybody go on who waits for an event, for good.
    virtual void open() = 0;
    virtual void check_at_end() = 0;

    const Item item;
    Oracle oracle;
};

/// How many threads still do something, as opposed to having ended or waiting for an event.
class Progress {
  public:
    explicit Progress(std::size_t threads) : busy_{threads} {}

    void rest() {
        if (busy_.fetch_sub(1, kOracleOrder) != 1) return;
        const std::lock_guard guard{mutex_};
        all_rest_ = true;
        changed_.notify_all();
    }
    void resume() { busy_.fetch_add(1, kOracleOrder); }

    /// Returns whether there was a moment when all rested, at the latest after `patience`.
    [[nodiscard]] bool wait_until_all_rest(std::chrono::seconds patience) {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, patience, [this]() { return all_rest_; });
    }

  private:
    std::atomic<std::size_t> busy_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool all_rest_ = false;
};

class Thread {
  public:
    Thread(World& world, std::span<const Instruction> code) : world_{world}, code_{code} {}

    /// Does its part `rounds` times.
    void run(std::size_t rounds);

    /// The next instruction; null at the end.
    [[nodiscard]] const Instruction* next() {
        return position_ == code_.size() ? nullptr : &code_[position_++];
    }

    /// Does one instruction that needs no guard; others it leaves out.
    void run(const Instruction& instruction);

    /// Up to the end of a section without a guard. Throws Failure if the program says so.
    void run_rest_of_section();

    /// Leaves out the rest of a section.
    void skip_section();

    /// What to do instead, by the rules, to begin a section.
    [[nodiscard]] Instruction within_rules(Instruction instruction, const Subject& subject) const;

    /// The same to wait with the innermost lock, which is given up meanwhile.
    [[nodiscard]] Instruction within_rules_of_waiting(Instruction instruction) const;

    /// Whether `subject` may be given up and locked again: then that waits for no lower lock, and
    /// nobody relies on it.
    [[nodiscard]] bool may_relock(const Subject& subject) const {
        return times_held(subject) == 1 && holds_nothing_above(subject);
    }
    /// Whether it may be waited for without a limit.
    [[nodiscard]] bool holds_nothing_above(const Subject& subject) const;
    [[nodiscard]] std::size_t times_held(const Subject& subject) const;

    [[nodiscard]] World& world() const { return world_; }

    /// Of this round.
    [[nodiscard]] bool is_stop_requested() const;
#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] std::stop_token stop_token() const;
#endif

  private:
    friend class Hold;
    friend class Away;

    struct Held {
        const Subject* subject;
        Mode mode;
    };

    void begin_section(const Instruction& instruction);
    void signal(Subject& subject);
    void attend(Subject& subject, Instruction instruction);
    void request_stop();

    World& world_;
    std::span<const Instruction> code_;
    std::size_t position_ = 0, round_ = 0;
    std::vector<Held> held_;
};

/// From before a thread asks for `subject` until after it has given it up.
class Hold {
  public:
    Hold(Thread& thread, Subject& subject, Mode mode) : thread_{thread}, subject_{subject} {
        thread.held_.push_back({&subject, mode});
        subject.oracle.come();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        thread_.held_.pop_back();
        subject_.oracle.go();
    }

  private:
    Thread& thread_;
    Subject& subject_;
};

/// While a thread has given up the lock that it took last, and will take it again.
class Away {
  public:
    Away(Thread& thread, Subject& subject)
        : thread_{thread}, subject_{subject}, held_{thread.held_.back()} {
        thread.held_.pop_back();
        subject.oracle.go();
    }
    Away(const Away&) = delete;
    Away& operator=(const Away&) = delete;
    ~Away() {
        thread_.held_.push_back(held_);
        subject_.oracle.come();
    }

  private:
    Thread& thread_;
    Subject& subject_;
    const Thread::Held held_;
};

/// While a thread waits for an event without a limit.
class Rest {
  public:
    Rest(Progress& progress, bool is_unlimited) : progress_{is_unlimited ? &progress : nullptr} {
        if (progress_ != nullptr) progress_->rest();
    }
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;
    ~Rest() {
        if (progress_ != nullptr) progress_->resume();
    }

  private:
    Progress* progress_;
};

/// An attempt that may be refused. Refusing is right only after the limit, after a stop request,
/// or if somebody else was there.
class Attempt {
  public:
    Attempt(const Thread& thread, Oracle& oracle, const Instruction& instruction);

    /// For its forms with a limit.
    [[nodiscard]] std::chrono::nanoseconds duration() const {
        return length_of(instruction_.limit);
    }
    [[nodiscard]] std::chrono::system_clock::time_point time() const { return time_; }

    void was_refused_by_limit() const;
    void was_refused() const;

  private:
    const Thread& thread_;
    Oracle& oracle_;
    const Instruction instruction_;
    const Oracle::Look look_;
    const std::chrono::steady_clock::time_point began_;
    const std::chrono::system_clock::time_point time_;
};

}  // namespace parking_lot::fuzz
