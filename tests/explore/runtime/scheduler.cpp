// SPDX-License-Identifier: MIT
// The scheduler: fibers, sleeping, and virtual time.
#include "explore/runtime/scheduler.hpp"

#include <algorithm>
#include <cstring>

#include "explore/runtime/memory.hpp"
#include "explore/runtime/trace.hpp"

// Of the C++ runtime: the exceptions that the calling thread handles. <cxxabi.h> does not have it
// everywhere.
extern "C" void* __cxa_get_globals() noexcept;

namespace explore {

constinit bool is_observed = false;
Scheduler scheduler;
alignas(64) std::array<std::array<std::byte, Scheduler::kStackSize>,
                       kMaxThreads> constinit Scheduler::stacks{};

void Scheduler::reset() {
    steps_ = 0;
    now_ = kStart;
    for (Fiber& fiber : fibers_) fiber.state = State::Unused;
}

void Scheduler::run(std::span<const Body> bodies) {
    for (ThreadIndex t = 0; t < bodies.size(); ++t) {
        Fiber& fiber = fibers_[t];
        fiber.state = State::Ready;
        fiber.body = bodies[t];
        fiber.exceptions = {};
        fiber.live_from = reinterpret_cast<std::uintptr_t>(stacks[t].data() + kStackSize);
        ::getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks[t].data();
        fiber.context.uc_stack.ss_size = kStackSize;
        fiber.context.uc_link = nullptr;
        ::makecontext(&fiber.context, &Scheduler::enter, 0);
    }
    std::array<Candidate, kMaxThreads> candidates{};
    current_ = kMaxThreads - 1;
    const std::size_t count = list_candidates(Reason::Stop, candidates);
    current_ = candidates[strategy_->choose({candidates.data(), count})].thread;
    ::swapcontext(&main_, &fibers_[current_].context);
}

void Scheduler::enter() {
    const Body body = scheduler.fibers_[scheduler.current_].body;
    is_observed = true;
    body.call(body.argument);
    is_observed = false;
    scheduler.finish();
}

void Scheduler::finish() {
    trace.add({.op = Event::Op::Ends});
    fibers_[current_].state = State::Finished;
    fibers_[current_].live_from =
        reinterpret_cast<std::uintptr_t>(stacks[current_].data() + kStackSize);
    const auto is_over = [](const Fiber& fiber) {
        return fiber.state == State::Unused || fiber.state == State::Finished;
    };
    if (std::ranges::all_of(fibers_, is_over)) ::setcontext(&main_);
    run_next(Reason::Stop);
    __builtin_unreachable();
}

std::size_t Scheduler::list_candidates(Reason reason,
                                       std::array<Candidate, kMaxThreads>& list) const {
    using enum Candidate::Kind;
    std::size_t count = 0;
    if (reason == Reason::Point) list[count++] = {current_, Current, false};
    for (ThreadIndex i = 1; i <= kMaxThreads; ++i) {
        const ThreadIndex t = (current_ + i) % kMaxThreads;
        if (t == current_ && reason != Reason::Stop) continue;
        if (fibers_[t].state != State::Ready && !is_overdue(fibers_[t])) continue;
        list[count++] = {t, Ready, reason == Reason::Point};
    }
    if (reason == Reason::Yield) list[count] = {current_, Current, count != 0}, ++count;
    const bool others_can_run = count != 0;
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) {
        if (fibers_[t].state != State::Asleep || !fibers_[t].deadline) continue;
        if (is_overdue(fibers_[t])) continue;  // listed above
        list[count++] = {t, Timer, others_can_run};
    }
    return count;
}

void Scheduler::run_next(Reason reason) {
    std::array<Candidate, kMaxThreads> candidates{};
    const std::size_t count = list_candidates(reason, candidates);
    if (count == 0) fail("deadlock: no thread can run");
    const Candidate next = candidates[strategy_->choose({candidates.data(), count})];
    Fiber& fiber = fibers_[next.thread];
    if (fiber.state == State::Asleep) {
        now_ = std::max(now_, *fiber.deadline);
        fiber.timed_out = true;
        fiber.state = State::Ready;
    }
    switch_to(next.thread);
}

void Scheduler::switch_to(ThreadIndex next) {
    if (next == current_) return;
    Fiber& from = fibers_[current_];
    Fiber& to = fibers_[next];
    void* const exceptions = __cxa_get_globals();
    std::memcpy(from.exceptions.data(), exceptions, sizeof(from.exceptions));
    std::memcpy(exceptions, to.exceptions.data(), sizeof(to.exceptions));
    current_ = next;
    ::swapcontext(&from.context, &to.context);
}

void Scheduler::point() {
    count_step();
    run_next(Reason::Point);
}

void Scheduler::yield() {
    count_step();
    run_next(Reason::Yield);
}

bool Scheduler::sleep(const void* address, std::optional<Nanoseconds> deadline) {
    Fiber& fiber = fibers_[current_];
    fiber.state = State::Asleep;
    fiber.asleep_at = address;
    fiber.deadline = deadline;
    fiber.asleep_since = ++steps_;
    fiber.timed_out = false;
    run_next(Reason::Stop);
    return !fiber.timed_out;
}

std::size_t Scheduler::wake(const void* address, std::size_t count) {
    std::size_t woken = 0;
    for (; woken < count; ++woken) {
        Fiber* first = nullptr;
        for (Fiber& fiber : fibers_) {
            if (fiber.state != State::Asleep || fiber.asleep_at != address) continue;
            if (first == nullptr || fiber.asleep_since < first->asleep_since) first = &fiber;
        }
        if (first == nullptr) break;
        first->state = State::Ready;
    }
    return woken;
}

void Scheduler::count_step() {
    if (++steps_ > kMostSteps) fail("livelock: the threads do not come to an end");
}

std::optional<ThreadIndex> Scheduler::stack_owner(std::uintptr_t address) const {
    const std::uintptr_t offset = address - reinterpret_cast<std::uintptr_t>(stacks.data());
    if (offset >= sizeof(stacks)) return std::nullopt;
    return offset / kStackSize;
}

std::string Scheduler::describe() const {
    std::string text;
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) {
        if (fibers_[t].state == State::Unused) continue;
        text += "  T" + std::to_string(t);
        if (fibers_[t].state == State::Ready) text += t == current_ ? " runs" : " could run";
        if (fibers_[t].state == State::Finished) text += " has ended";
        if (fibers_[t].state == State::Asleep) {
            text += " sleeps on " +
                    trace.name_of(reinterpret_cast<std::uintptr_t>(fibers_[t].asleep_at));
        }
        text += '\n';
    }
    return text;
}

}  // namespace explore
