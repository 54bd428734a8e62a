// SPDX-License-Identifier: MIT
// What a thread does by itself, and by which rules.
#include "fuzz/thread.hpp"

#include <algorithm>
#include <thread>

#include "fuzz/world.hpp"

namespace parking_lot::fuzz {
namespace {

Instruction without_what_is_missing(Instruction instruction) {
    if (!PARKING_LOT_HAS_STOP_TOKEN && instruction.way == Way::Stoppable)
        instruction.way = Way::For;
    return instruction;
}

/// Waits for a moment at most.
Instruction limited(Instruction instruction) {
    if (!instruction.is_unlimited()) return instruction;
    instruction.way = Way::For;
    instruction.limit = Limit::Us30;
    return instruction;
}

std::chrono::system_clock::time_point time_after(std::chrono::nanoseconds duration) {
    using Time = std::chrono::system_clock::time_point;
    if (duration == std::chrono::nanoseconds::max()) return Time::max();
    return std::chrono::system_clock::now() + std::chrono::duration_cast<Time::duration>(duration);
}

}  // namespace

void Thread::run(std::size_t rounds) {
    for (round_ = 0; round_ < rounds; ++round_) {
        position_ = 0;
        while (const Instruction* const instruction = next()) run(*instruction);
    }
}

void Thread::run(const Instruction& instruction) {
    switch (instruction.verb) {
        case Verb::Lock:
        case Verb::Read:
        case Verb::Upgradable:
            return begin_section(instruction);
        case Verb::LockAll:
            return world_.run_lock_all(*this, instruction);
        case Verb::Unlocked:  // there is no guard
            return skip_section();
        case Verb::NotifyOne:
            return world_.notifications.notify_one();
        case Verb::NotifyAll:
            return world_.notifications.notify_all();
        case Verb::Signal:
            return signal(world_.subject(instruction.item));
        case Verb::Attend:
            return attend(world_.subject(instruction.item), instruction);
        case Verb::Stop:
            return request_stop();
        case Verb::Nap:
            return std::this_thread::sleep_for(
                std::min(length_of(instruction.limit), length_of(Limit::Us100)));
        case Verb::Yield:
            return std::this_thread::yield();
        default:
            return;
    }
}

void Thread::begin_section(const Instruction& instruction) {
    Subject& subject = world_.subject(instruction.item);
    const auto held = std::ranges::find(held_, &subject, &Held::subject);
    if (held != held_.end() && !subject.may_be_retaken(held->mode, instruction.verb))
        return skip_section();
    subject.run_section(*this, within_rules(instruction, subject));
}

void Thread::signal(Subject& subject) {
    if (times_held(subject) == 0 && holds_nothing_above(subject)) subject.signal();
}

void Thread::attend(Subject& subject, Instruction instruction) {
    if (times_held(subject) > 0) return;
    instruction = without_what_is_missing(instruction);
    subject.attend(*this, held_.empty() ? instruction : limited(instruction));
}

void Thread::run_rest_of_section() {
    while (const Instruction* const instruction = next()) {
        if (instruction->verb == Verb::Fail) throw Failure{};
        if (ends_section(instruction->verb)) return;
        run(*instruction);
    }
}

void Thread::skip_section() {
    std::size_t depth = 1;
    while (depth > 0) {
        const Instruction* const instruction = next();
        if (instruction == nullptr) return;
        if (begins_section(instruction->verb)) ++depth;
        if (ends_section(instruction->verb)) --depth;
    }
}

Instruction Thread::within_rules(Instruction instruction, const Subject& subject) const {
    instruction = without_what_is_missing(instruction);
    if (subject.is_event()) return held_.empty() ? instruction : limited(instruction);
    if (times_held(subject) > 0) {
        if (instruction.has_predicate()) instruction.flavor = Flavor::Ordinary;
        return instruction;
    }
    if (!holds_nothing_above(subject)) {
        // At its limit, who waits for a predicate locks once more, and so could wait for ever.
        if (instruction.has_predicate()) instruction.flavor = Flavor::Ordinary;
        return limited(instruction);
    }
    if (instruction.has_predicate() && !held_.empty()) return limited(instruction);
    return instruction;
}

Instruction Thread::within_rules_of_waiting(Instruction instruction) const {
    instruction = without_what_is_missing(instruction);
    return held_.size() == 1 ? instruction : limited(instruction);
}

bool Thread::holds_nothing_above(const Subject& subject) const {
    return std::ranges::none_of(
        held_, [&](const Held& held) { return held.subject->item > subject.item; });
}

#if PARKING_LOT_HAS_STOP_TOKEN
bool Thread::is_stop_requested() const { return stop_token().stop_requested(); }
std::stop_token Thread::stop_token() const { return world_.stops[round_].get_token(); }
void Thread::request_stop() { world_.stops[round_].request_stop(); }
#else
bool Thread::is_stop_requested() const { return false; }
void Thread::request_stop() {}
#endif

std::size_t Thread::times_held(const Subject& subject) const {
    return static_cast<std::size_t>(std::ranges::count(held_, &subject, &Held::subject));
}

Attempt::Attempt(const Thread& thread, Oracle& oracle, const Instruction& instruction)
    : thread_{thread},
      oracle_{oracle},
      instruction_{instruction},
      look_{oracle.look()},
      began_{std::chrono::steady_clock::now()},
      time_{time_after(duration())} {}

void Attempt::was_refused_by_limit() const {
    if (instruction_.way == Way::Plainly) oracle_.expect(false, "a wait without a limit gave up");
    if (instruction_.way == Way::For)
        oracle_.expect(std::chrono::steady_clock::now() - began_ >= duration(),
                       "a wait gave up before its limit");
    if (instruction_.way == Way::Until)
        oracle_.expect(std::chrono::system_clock::now() >= time_, "a wait gave up before its time");
    if (instruction_.way == Way::Stoppable)
        oracle_.expect(thread_.is_stop_requested(), "a wait gave up without a stop request");
}

void Attempt::was_refused() const {
    oracle_.expect(!oracle_.was_alone_since(look_), "a free lock was refused");
    was_refused_by_limit();
}

}  // namespace parking_lot::fuzz
