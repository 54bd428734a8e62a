// SPDX-License-Identifier: MIT
// What programs do with semaphores, latches and onces, and what must hold then.
#include "fuzz/events.hpp"

#include <algorithm>

#include "fuzz/world.hpp"
#include "parking_lot/detail/scope_exit.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::fuzz {

// AnySemaphore

bool AnySemaphore::acquire([[maybe_unused]] const Thread& thread, const Attempt& attempt,
                           const Instruction& instruction) {
    const auto acquired = [&]() {
        switch (instruction.way) {
            case Way::Try:
                return semaphore_.try_acquire();
            case Way::For:
                return semaphore_.try_acquire_for(attempt.duration());
            case Way::Until:
                return semaphore_.try_acquire_until(attempt.time());
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return semaphore_.acquire(thread.stop_token());
#endif
            default:
                semaphore_.acquire();
                return true;
        }
    };
    if (!acquired()) return false;
    const std::uint32_t taken = taken_.fetch_add(1, kOracleOrder) + 1;
    if constexpr (!test::kThreadSanitizer)
        oracle.expect(taken <= supplied_.load(kOracleOrder), "more permits than there are");
    return true;
}

void AnySemaphore::give_back() {
    taken_.fetch_sub(1, kOracleOrder);
    semaphore_.release();
}

void AnySemaphore::supply(std::uint32_t permits) {
    supplied_.fetch_add(permits, kOracleOrder);
    semaphore_.release(permits);
}

void AnySemaphore::check_at_end() {
    oracle.expect(taken_ == 0, "the oracle lost count");
    oracle.expect(semaphore_.available() == supplied_, "permits were lost or made up");
    for (std::uint32_t i = 0; i < supplied_; ++i)
        oracle.expect(semaphore_.try_acquire(), "a permit that is there is not given");
    oracle.expect(!semaphore_.try_acquire(), "a permit that is not there is given");
}

// Gate

void Gate::run_section(Thread& thread, Instruction instruction) {
    const Hold hold{thread, *this, Mode::Exclusive};
    const Attempt attempt{thread, oracle, instruction};
    if (!acquire(thread, attempt, instruction)) {
        attempt.was_refused();
        return thread.skip_section();
    }
    try {
        const Presence presence{oracle, Mode::Exclusive, true};
        oracle.touch(cell_, Mode::Exclusive);
        thread.run_rest_of_section();
    } catch (const Failure&) {  // of the program: a semaphore has no guard
    }
    give_back();
}

void Gate::check_at_end() {
    AnySemaphore::check_at_end();
    oracle.check_at_end(cell_);
}

// Permits

void Permits::run_section(Thread& thread, Instruction instruction) {
    {
        const Attempt attempt{thread, oracle, instruction};
        const Rest rest{thread.world().progress, instruction.is_unlimited()};
        if (!acquire(thread, attempt, instruction)) {
            attempt.was_refused_by_limit();
            return thread.skip_section();
        }
    }
    const Hold hold{thread, *this, Mode::Shared};
    try {
        thread.run_rest_of_section();
    } catch (const Failure&) {  // of the program
    }
    give_back();
}

void Permits::attend(Thread& thread, Instruction instruction) {
    const Attempt attempt{thread, oracle, instruction};
    const Rest rest{thread.world().progress, instruction.is_unlimited()};
    if (!acquire(thread, attempt, instruction)) return attempt.was_refused_by_limit();
    give_back();
}

// Countdown

void Countdown::run_section(Thread& thread, Instruction instruction) {
    if (latch_.try_wait()) expect_open();
    if (instruction.verb == Verb::Lock) signal();
    thread.skip_section();
}

void Countdown::signal() {
    const std::size_t index = begun_.fetch_add(1, kOracleOrder);
    if (index >= kCount) return;
    messages_[index] = 1;
    latch_.count_down();
}

void Countdown::attend(Thread& thread, Instruction instruction) {
    const Attempt attempt{thread, oracle, instruction};
    const Rest rest{thread.world().progress, instruction.is_unlimited()};
    const auto is_open = [&]() {
        switch (instruction.way) {
            case Way::Try:
                return latch_.try_wait();
            case Way::For:
                return latch_.wait_for(attempt.duration());
            case Way::Until:
                return latch_.wait_until(attempt.time());
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return latch_.wait(thread.stop_token());
#endif
            default:
                latch_.wait();
                return true;
        }
    };
    is_open() ? expect_open() : attempt.was_refused_by_limit();
}

void Countdown::open() {
    for (std::size_t i = 0; i < kCount; ++i) signal();
}

void Countdown::expect_open() {
    oracle.expect(std::ranges::count(messages_, 1) == kCount, "a wait ended above zero");
}

void Countdown::check_at_end() {
    oracle.expect(latch_.try_wait(), "it is not open at the end");
    expect_open();
}

// Initialization

void Initialization::run_section(Thread& thread, Instruction instruction) {
    const Hold hold{thread, *this, Mode::Exclusive};
    if (value().has_value()) expect_done();
    if (instruction.verb == Verb::Read) return thread.skip_section();
    bool was_run = false;
    const auto function = [&]() {
        was_run = true;
        return initialize(&thread);
    };
    try {
        if (run_once(function, instruction.way)) expect_done();
    } catch (const Failure&) {  // of the program
        oracle.expect(was_run, "it threw what another function threw");
    }
    if (!was_run) thread.skip_section();
}

void Initialization::signal() {
    if (run_once([this]() { return initialize(nullptr); }, Way::Plainly)) expect_done();
}

void Initialization::attend(Thread& thread, Instruction instruction) {
    const Attempt attempt{thread, oracle, instruction};
    const Rest rest{thread.world().progress, instruction.is_unlimited()};
    wait(thread, attempt, instruction.way) ? expect_done() : attempt.was_refused_by_limit();
}

long Initialization::initialize(Thread* thread) {
    oracle.expect(running_.fetch_add(1, kOracleOrder) == 0, "two functions run at once");
    const detail::OnScopeExit leave{[this]() { running_.fetch_sub(1, kOracleOrder); }};
    if (thread != nullptr) thread->run_rest_of_section();
    complete();
    return kValue;
}

void Initialization::expect_done() {
    oracle.expect(value() == kValue, "it is done without its value");
    oracle.expect(running_.load(kOracleOrder) == 0, "it is done, and its function still runs");
}

void Initialization::check_at_end() {
    expect_done();
    oracle.expect(completed_ == 1, "it was not done exactly once");
}

// Once

bool OnceSubject::run_once(const Function& function, Way way) {
    const auto set = [&]() { value_ = function(); };
    // A limit may mean that this thread must not wait: call_once() has none.
    if (way != Way::Plainly) return once_.try_call_once(set);
    once_.call_once(set);
    return true;
}

bool OnceSubject::wait([[maybe_unused]] const Thread& thread, const Attempt& attempt, Way way) {
    switch (way) {
        case Way::Try:
            return once_.is_done();
        case Way::For:
            return once_.wait_for(attempt.duration());
        case Way::Until:
            return once_.wait_until(attempt.time());
#if PARKING_LOT_HAS_STOP_TOKEN
        case Way::Stoppable:
            return once_.wait(thread.stop_token());
#endif
        default:
            once_.wait();
            return true;
    }
}

std::optional<long> OnceSubject::value() {
    return once_.is_done() ? std::optional{value_} : std::nullopt;
}

void OnceSubject::check_at_end() {
    Initialization::check_at_end();
    once_.reset();
    oracle.expect(once_.state() == OnceState::New, "it is not new after a reset");
}

// OnceCell

bool OnceCellSubject::run_once(const Function& function, Way way) {
    const auto try_function = [&]() {
        return has_failed_.exchange(true) ? std::optional{function()} : std::nullopt;
    };
    switch (way) {
        case Way::Try:
            return cell_.get_or_try_init(try_function) != nullptr;
        case Way::For:
            if (cell_.set(kValue)) complete();
            return true;
        case Way::Until:
            if (cell_.emplace(kValue)) complete();
            return true;
        default:
            return cell_.get_or_init(function) == kValue;
    }
}

bool OnceCellSubject::wait([[maybe_unused]] const Thread& thread, const Attempt& attempt, Way way) {
    switch (way) {
        case Way::Try:
            return cell_.is_set();
        case Way::For:
            return cell_.wait_for(attempt.duration()) != nullptr;
        case Way::Until:
            return cell_.wait_until(attempt.time()) != nullptr;
#if PARKING_LOT_HAS_STOP_TOKEN
        case Way::Stoppable:
            return cell_.wait(thread.stop_token()) != nullptr;
#endif
        default:
            return cell_.wait() == kValue;
    }
}

std::optional<long> OnceCellSubject::value() {
    const long* const value = cell_.get();
    return value != nullptr ? std::optional{*value} : std::nullopt;
}

void OnceCellSubject::check_at_end() {
    Initialization::check_at_end();
    oracle.expect(cell_.take() == kValue && !cell_.is_set(), "its value cannot be taken out");
}

// Lazy

bool LazySubject::run_once(const Function&, Way) { return lazy_.force() == kValue; }

bool LazySubject::wait(const Thread&, const Attempt&, Way) { return *lazy_ == kValue; }

std::optional<long> LazySubject::value() {
    const long* const value = lazy_.get_if_ready();
    return value != nullptr ? std::optional{*value} : std::nullopt;
}

}  // namespace parking_lot::fuzz
