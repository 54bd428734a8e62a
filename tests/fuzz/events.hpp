// SPDX-License-Identifier: MIT
// Semaphores, latches and onces as the subjects of programs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "fuzz/oracle.hpp"
#include "fuzz/thread.hpp"
#include "fuzz/types.hpp"

namespace parking_lot::fuzz {

/// A semaphore. What its permits are for, the classes below say.
class AnySemaphore : public Subject {
  public:
    AnySemaphore(Item which, Verdict& verdict, std::uint32_t permits)
        : Subject{which, verdict}, supplied_{permits}, semaphore_{permits} {}

    void check_at_end() override;

  protected:
    [[nodiscard]] bool acquire(const Thread& thread, const Attempt& attempt,
                               const Instruction& instruction);
    void give_back();
    void supply(std::uint32_t permits);

  private:
    std::atomic<std::uint32_t> supplied_;
    std::atomic<std::uint32_t> taken_{0};
    tested::Semaphore semaphore_;
};

/// With one permit, it protects data as a mutex does.
class Gate final : public AnySemaphore {
  public:
    Gate(Item which, Verdict& verdict) : AnySemaphore{which, verdict, 1} {}

    void run_section(Thread& thread, Instruction instruction) override;
    void open() override {}
    void check_at_end() override;

  private:
    Cell cell_;
};

/// At first without a permit. Threads wait without a limit only while they hold nothing.
class Permits final : public AnySemaphore {
  public:
    Permits(Item which, Verdict& verdict) : AnySemaphore{which, verdict, 0} {}

    void run_section(Thread& thread, Instruction instruction) override;
    [[nodiscard]] bool may_be_retaken(Mode, Verb) const override { return true; }
    [[nodiscard]] bool is_event() const override { return true; }
    void signal() override { supply(1); }
    void attend(Thread& thread, Instruction instruction) override;
    void open() override { supply(3); }
};

/// A latch, by which those who have counted down tell something to those who wait.
class Countdown final : public Subject {
  public:
    using Subject::Subject;

    void run_section(Thread& thread, Instruction instruction) override;
    void signal() override;
    void attend(Thread& thread, Instruction instruction) override;
    void open() override;
    void check_at_end() override;

  private:
    static constexpr std::size_t kCount = 3;

    void expect_open();

    std::atomic<std::size_t> begun_{0};
    std::array<int, kCount> messages_{};  // not atomic: the latch orders them
    tested::Latch latch_{kCount};
};

/// What runs once, with the value that it makes. Its section is the function that makes it.
class Initialization : public Subject {
  public:
    using Subject::Subject;

    void run_section(Thread& thread, Instruction instruction) final;
    void signal() final;
    void attend(Thread& thread, Instruction instruction) final;
    void open() final { signal(); }
    void check_at_end() override;

  protected:
    using Function = std::function<long()>;

    static constexpr long kValue = 4711;

    /// Initializes by `function`, or maybe by another that calls initialize(), if need be. False if
    /// it failed, or did not wait for others. Throws what `function` throws.
    [[nodiscard]] virtual bool run_once(const Function& function, Way way) = 0;
    [[nodiscard]] virtual bool wait(const Thread& thread, const Attempt& attempt, Way way) = 0;
    /// Nothing if it is not done.
    [[nodiscard]] virtual std::optional<long> value() = 0;

    /// Does the rest of the section of `thread`, if there is one, and completes.
    long initialize(Thread* thread);
    void complete() { oracle.expect(completed_.fetch_add(1) == 0, "it was done twice"); }

  private:
    void expect_done();

    std::atomic<int> running_{0}, completed_{0};
};

class OnceSubject final : public Initialization {
  public:
    using Initialization::Initialization;
    void check_at_end() override;

  private:
    bool run_once(const Function& function, Way way) override;
    bool wait(const Thread& thread, const Attempt& attempt, Way way) override;
    std::optional<long> value() override;

    long value_ = 0;  // not atomic: who is told that it is done may read it
    tested::Once once_;
};

class OnceCellSubject final : public Initialization {
  public:
    using Initialization::Initialization;
    void check_at_end() override;

  private:
    bool run_once(const Function& function, Way way) override;
    bool wait(const Thread& thread, const Attempt& attempt, Way way) override;
    std::optional<long> value() override;

    std::atomic<bool> has_failed_{false};
    tested::OnceCell cell_;
};

/// Its function is always the same, and does no rest of a section.
class LazySubject final : public Initialization {
  public:
    using Initialization::Initialization;

  private:
    struct Make {
        LazySubject* subject;
        long operator()() const { return subject->initialize(nullptr); }
    };

    bool run_once(const Function& function, Way way) override;
    bool wait(const Thread& thread, const Attempt& attempt, Way way) override;
    std::optional<long> value() override;

    Lazy<long, Make> lazy_{Make{this}};
};

}  // namespace parking_lot::fuzz
