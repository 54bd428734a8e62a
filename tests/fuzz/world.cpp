// SPDX-License-Identifier: MIT
// The subjects of programs, and sections with several of them.
#include "fuzz/world.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "fuzz/events.hpp"
#include "fuzz/locks.hpp"
#include "parking_lot/lock_all.hpp"
#include "parking_lot/metrics.hpp"
#include "support/threads.hpp"

namespace parking_lot::fuzz {
namespace {

/// A lock that lock_all() locks, and in which mode.
struct Part {
    Subject& subject;
    Mode mode;
};

/// A section with the locks of `parts`.
template <std::size_t kCount>
class Several {
  public:
    Several(Thread& thread, const Instruction& instruction, std::array<Part, kCount> parts)
        : thread_{thread}, parts_{parts}, instruction_{by_rules(instruction)} {
        for (std::size_t i = 0; i < kCount; ++i)
            holds_[i].emplace(thread, parts_[i].subject, parts_[i].mode);
        for (std::size_t i = 0; i < kCount; ++i) looks_[i] = parts_[i].subject.oracle.look();
    }

    /// `locks`: what lock_all() takes, in the same order.
    template <class... Locks>
    void run(Locks&... locks) {
        const Attempt attempt{thread_, parts_[0].subject.oracle, instruction_};
        if (const auto guards = lock(attempt, locks...)) {
            std::apply([this](const auto&... guard) { this->run_with(guard...); }, *guards);
        } else {
            attempt.was_refused_by_limit();
            parts_[0].subject.oracle.expect(!were_all_free(), "free locks were refused");
            thread_.skip_section();
        }
    }

  private:
    Instruction by_rules(Instruction instruction) {
        instruction.flavor = Flavor::Ordinary;
        const auto by_item = [](const Part& part) { return part.subject.item; };
        const auto lowest = std::ranges::min_element(parts_, {}, by_item);
        return thread_.within_rules(instruction, lowest->subject);
    }

    [[nodiscard]] bool were_all_free() const {
        for (std::size_t i = 0; i < kCount; ++i)
            if (!parts_[i].subject.oracle.was_alone_since(looks_[i])) return false;
        return true;
    }

    template <class... Locks>
    auto lock(const Attempt& attempt, Locks&... locks) {
        using Result = decltype(try_lock_all(locks...));
        switch (instruction_.way) {
            case Way::Try:
                return try_lock_all(locks...);
            case Way::For:
                return try_lock_all_for(attempt.duration(), locks...);
            case Way::Until:
                return try_lock_all_until(attempt.time(), locks...);
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return lock_all(thread_.stop_token(), locks...);
#endif
            default:
                return Result{lock_all(locks...)};
        }
    }

    template <class... Guards>
    void run_with(const Guards&... guards) try {
        std::array<std::optional<Presence>, kCount> presences;
        const std::array cells{static_cast<const Cell*>(&*guards)...};
        for (std::size_t i = 0; i < kCount; ++i) {
            Oracle& oracle = parts_[i].subject.oracle;
            oracle.count_acquisition();
            presences[i].emplace(oracle, parts_[i].mode, true);
            oracle.touch(*cells[i], parts_[i].mode);
        }
        thread_.run_rest_of_section();
    } catch (const Failure&) {
        return;  // of the program
    }

    Thread& thread_;
    const std::array<Part, kCount> parts_;
    const Instruction instruction_;
    std::array<std::optional<Hold>, kCount> holds_;
    std::array<Oracle::Look, kCount> looks_;
};

template <std::size_t kCount, class... Locks>
void run_several(Thread& thread, const Instruction& instruction,
                 const std::array<Part, kCount>& parts, Locks&&... locks) {
    const auto is_held = [&](const Part& part) { return thread.times_held(part.subject) > 0; };
    if (std::ranges::any_of(parts, is_held)) return thread.skip_section();
    Several<kCount>{thread, instruction, parts}.run(locks...);
}

constexpr std::string_view kMeteredMutex = "fuzz_mutex";
constexpr std::string_view kMeteredRwLock = "fuzz_rwlock";

/// What is counted under a name: exactly the locks that there are, and nobody waits.
void check_metrics(std::string_view name, Oracle& oracle, std::uint64_t acquisitions_before) {
    std::uint64_t acquisitions = 0;
    for (const metrics::Series& series : metrics::snapshot()) {
        if (series.lock != name) continue;
        oracle.expect(series.locks == 1, "its metrics count locks that there are not");
        oracle.expect(series.waiters == 0, "its metrics count a thread that waits at the end");
        acquisitions += series.acquisitions;
    }
    oracle.expect(acquisitions >= acquisitions_before + oracle.acquisitions(),
                  "its metrics miss acquisitions");
}

std::uint64_t acquisitions_of(std::string_view name) {
    std::uint64_t sum = 0;
    for (const metrics::Series& series : metrics::snapshot())
        if (series.lock == name) sum += series.acquisitions;
    return sum;
}

}  // namespace

struct World::Subjects {
    explicit Subjects(Verdict& verdict_of_all) : verdict{verdict_of_all} {}

    Verdict& verdict;
    MutexSubject mutex{Item::Mutex, verdict};
    FairMutexSubject fair_mutex{Item::FairMutex, verdict};
    ByteMutexSubject byte_mutex{Item::ByteMutex, verdict};
    ReentrantMutexSubject reentrant_mutex{Item::ReentrantMutex, verdict};
    MeteredMutexSubject metered_mutex{Item::MeteredMutex, verdict, kMeteredMutex};
    RwLockSubject rwlock{Item::RwLock, verdict};
    ReaderPreferringSubject reader_preferring{Item::ReaderPreferring, verdict};
    WriterPreferringSubject writer_preferring{Item::WriterPreferring, verdict};
    MeteredRwLockSubject metered_rwlock{
        Item::MeteredRwLock, verdict,
        metered::Options{.name = std::string{kMeteredRwLock}, .sample_holds_every = 3}};
    Gate gate{Item::Gate, verdict};
    Permits semaphore{Item::Semaphore, verdict};
    Countdown latch{Item::Latch, verdict};
    OnceSubject once{Item::Once, verdict};
    OnceCellSubject once_cell{Item::OnceCell, verdict};
    LazySubject lazy{Item::Lazy, verdict};

    const std::uint64_t mutex_acquisitions_before = acquisitions_of(kMeteredMutex);
    const std::uint64_t rwlock_acquisitions_before = acquisitions_of(kMeteredRwLock);

    /// At the same address in each run: sanitizers know locks by their addresses.
    static std::optional<Subjects>& current();
};

std::optional<World::Subjects>& World::Subjects::current() {
    static std::optional<Subjects> subjects;
    return subjects;
}

World::World(std::size_t threads) : progress{threads}, all_{Subjects::current().emplace(verdict)} {
    subjects_ = {&all_.mutex,
                 &all_.fair_mutex,
                 &all_.byte_mutex,
                 &all_.reentrant_mutex,
                 &all_.metered_mutex,
                 &all_.rwlock,
                 &all_.reader_preferring,
                 &all_.writer_preferring,
                 &all_.metered_rwlock,
                 &all_.gate,
                 &all_.semaphore,
                 &all_.latch,
                 &all_.once,
                 &all_.once_cell,
                 &all_.lazy};
}

World::~World() { Subjects::current().reset(); }

void World::run_lock_all(Thread& thread, const Instruction& instruction) {
    using enum Mode;
    Subjects& s = all_;
    switch (static_cast<std::size_t>(instruction.item) % 4) {
        case 0:
            return run_several<3>(
                thread, instruction,
                {{{s.mutex, Exclusive}, {s.rwlock, Exclusive}, {s.reader_preferring, Shared}}},
                s.mutex.lock, s.rwlock.lock.write_mode(), s.reader_preferring.lock.read_mode());
        case 1:
            return run_several<2>(thread, instruction,
                                  {{{s.rwlock, Upgradable}, {s.fair_mutex, Exclusive}}},
                                  s.rwlock.lock.upgradable_mode(), s.fair_mutex.lock);
        case 2:
            return run_several<3>(thread, instruction,
                                  {{{s.metered_rwlock, Exclusive},
                                    {s.metered_mutex, Exclusive},
                                    {s.mutex, Exclusive}}},
                                  s.metered_rwlock.lock.write_mode(), s.metered_mutex.lock,
                                  s.mutex.lock);
        default:
            return run_several<2>(thread, instruction,
                                  {{{s.writer_preferring, Exclusive}, {s.mutex, Exclusive}}},
                                  s.writer_preferring.lock.write_mode(), s.mutex.lock);
    }
}

void World::open() {
    for (Subject* const subject : subjects_) subject->open();
    notifications.notify_all();
}

void World::check_at_end() {
    for (Subject* const subject : subjects_) subject->check_at_end();
    check_metrics(kMeteredMutex, all_.metered_mutex.oracle, all_.mutex_acquisitions_before);
    check_metrics(kMeteredRwLock, all_.metered_rwlock.oracle, all_.rwlock_acquisitions_before);
    Oracle& oracle = all_.mutex.oracle;
    oracle.expect(notifications.were_all_received(),
                  "threads were notified that were not woken, or woken that were not notified");
    oracle.expect(test::parked_anywhere() == 0, "a thread is parked at the end");
}

}  // namespace parking_lot::fuzz
