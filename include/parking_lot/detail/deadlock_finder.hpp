// SPDX-License-Identifier: MIT
// DeadlockFinder: finds threads that wait for each other in a circle, by their records.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/lock_watch.hpp"

#if PARKING_LOT_CHECKED

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Finds deadlocks among the threads of the process. Allocates nothing, and locks one record, or
/// one bucket of the parking table, at a time: it can be used whatever the threads are stuck in.
///
/// Why what it reports is a deadlock, though the threads go on while it looks: it looks at each
/// circle twice. A wait has a number, so what was there both times was there all the time between
/// the two, and so the whole circle was there at once. A thread that is recorded as a holder is
/// one, as it is noted after it has locked, and struck out before the lock is released. So whoever
/// waits for it, waits; nobody in the circle will ever release anything.
///
/// One case needs more: who wants to read waits for a writer that has claimed the lock, and waits
/// itself for those who read already. Then the writer must be seen in the queue of those who have
/// claimed a lock, and after that the reader in the lock's own queue.
class DeadlockFinder {
  public:
    /// Looks for deadlocks, and prints each to `out` unless that is null. Returns how many.
    std::size_t find(std::FILE* out) noexcept {
        std::size_t count = 0;
        threads_ = ledger().threads.used();
        states_.fill(State::Unseen);
        for (std::size_t start = 0; start < threads_; ++start) {
            if (states_[start] != State::Unseen || !read_wait(start)) continue;
            if (!find_from(start) || !still_waits()) continue;
            ++count;
            if (out != nullptr) print(out);
        }
        return count;
    }

  private:
    using Index = std::size_t;
    enum class State : std::uint8_t { Unseen, OnPath, Done };

    /// One thread of a circle, or of a path that may become one.
    struct Step {
        Index thread = 0;
        ThreadId id = kNoThread;
        const LockIdentity* lock = nullptr;  // only compared, but with the thread's record locked
        const void* address = nullptr;
        HoldMode mode{};
        bool passes_writers = false;
        bool until_moved = false;
        std::uint64_t number = 0;
        Index next_candidate = 0;
    };

    static ThreadRecord& record(Index thread) noexcept { return ledger().threads[thread]; }

    /// Fills in steps_[length_] with what `thread` waits for, if it does.
    bool read_wait(Index thread) noexcept {
        bool waits = false;
        locked(thread, [&](const ThreadRecord& it) noexcept {
            waits = it.wait.lock != nullptr;
            if (!waits) return;
            steps_[length_] = {.thread = thread,
                               .id = it.thread.load(std::memory_order_relaxed),
                               .lock = it.wait.lock,
                               .address = it.wait.lock->address,
                               .mode = it.wait.mode,
                               .passes_writers = it.wait.passes_writers,
                               .until_moved = it.wait.until_moved,
                               .number = it.wait.number,
                               .next_candidate = 0};
        });
        return waits;
    }

    template <class Visit>
    static void locked(Index thread, Visit&& visit) noexcept {
        ThreadRecord& it = record(thread);
        it.lock.lock();
        visit(it);
        it.lock.unlock();
    }

    /// Depth first. When it finds a circle, that is steps_[first_] to steps_[length_ - 1], and all
    /// threads that led to it count as dealt with. Requires that steps_[0] was read.
    bool find_from(Index start) noexcept {
        states_[start] = State::OnPath;
        length_ = 1;
        while (length_ != 0) {
            Step& step = steps_[length_ - 1];
            if (step.next_candidate == threads_) {
                states_[step.thread] = State::Done;
                --length_;
                continue;
            }
            const Index candidate = step.next_candidate++;
            const State state = states_[candidate];
            if (state == State::Done || candidate == step.thread) continue;
            if (!is_blocked_by(step, candidate)) continue;
            if (state == State::OnPath) {
                close(candidate);
                return true;
            }
            if (!read_wait(candidate)) continue;
            states_[candidate] = State::OnPath;
            ++length_;
        }
        return false;
    }

    void close(Index thread) noexcept {
        first_ = 0;
        while (steps_[first_].thread != thread) ++first_;
        circle_ = length_;
        for (std::size_t i = 0; i < length_; ++i) states_[steps_[i].thread] = State::Done;
        length_ = 0;
    }

    /// The second look.
    bool still_waits() noexcept {
        for (std::size_t i = first_; i < circle_; ++i) {
            const Step& step = steps_[i];
            if (!is_blocked_by(step, following(i).thread) || !waits_as(step)) return false;
        }
        return true;
    }

    [[nodiscard]] const Step& following(std::size_t step) const noexcept {
        return steps_[step + 1 == circle_ ? first_ : step + 1];
    }

    static bool waits_as(const Step& step) noexcept {
        bool same = false;
        locked(step.thread, [&](const ThreadRecord& it) noexcept {
            same = it.wait.lock == step.lock && it.wait.number == step.number;
        });
        return same;
    }

    static bool excludes(HoldMode wanted, HoldMode held) noexcept {
        switch (wanted) {
            case HoldMode::Exclusive:
                return true;
            case HoldMode::Shared:
                return held == HoldMode::Exclusive;
            case HoldMode::Upgradable:
                return held != HoldMode::Shared;
            case HoldMode::Upgrade:
                return held == HoldMode::Shared;
        }
        return false;
    }

    /// Whether the thread of `step` cannot go on before thread `other` does.
    static bool is_blocked_by(const Step& step, Index other) noexcept {
        bool holds = false;
        bool may_have_claimed = false;
        ThreadId other_id = kNoThread;
        locked(other, [&](const ThreadRecord& it) noexcept {
            other_id = it.thread.load(std::memory_order_relaxed);
            holds = std::any_of(
                it.holdings.data(), it.holdings.data() + it.held, [&](const Holding& holding) {
                    return holding.lock == step.lock && excludes(step.mode, holding.mode);
                });
            may_have_claimed = it.wait.lock == step.lock && (it.wait.mode == HoldMode::Exclusive ||
                                                             it.wait.mode == HoldMode::Upgrade);
        });
        if (holds) return !step.until_moved || is_in_queue(step);
        return may_have_claimed && !step.passes_writers && step.mode != HoldMode::Upgrade &&
               is_parked(other_id, step.address, {Kind::RwLockDrain}) && is_in_queue(step);
    }

    static bool is_in_queue(const Step& step) noexcept {
        return is_parked(step.id, step.address, {Kind::WordMutex, Kind::ByteMutex, Kind::RwLock});
    }

    static bool is_parked(ThreadId thread, const void* address,
                          std::initializer_list<Kind> kinds) noexcept {
        const LockedBucket bucket{address};
        for (const Kind kind : kinds) {
            const Waiter* waiter = bucket.queues().find({address, kind});
            while (waiter != nullptr && waiter->thread != thread) {
                waiter = WaiterQueues::following(*waiter);
            }
            if (waiter != nullptr) return true;
        }
        return false;
    }

    void print(std::FILE* out) const noexcept {
        const std::size_t count = circle_ - first_;
        std::fprintf(out, "parking_lot: deadlock of %zu threads\n", count);
        for (std::size_t i = first_; i < circle_; ++i) print_step(out, steps_[i], following(i));
        std::fflush(out);
    }

    static const char* verb(HoldMode mode) noexcept {
        switch (mode) {
            case HoldMode::Shared:
                return "read";
            case HoldMode::Upgradable:
                return "read upgradably";
            case HoldMode::Upgrade:
                return "upgrade";
            case HoldMode::Exclusive:
                break;
        }
        return "lock";
    }

    /// What is printed is copied first, as printing may allocate, and that may lock.
    static void print_step(std::FILE* out, const Step& step, const Step& next) noexcept {
        ThreadName waiter;
        PendingWait wait;
        LockDescription lock;
        locked(step.thread, [&](const ThreadRecord& it) noexcept {
            waiter = ThreadName::of(step.id, it.kernel_id);
            wait = it.wait;
            if (wait.lock == step.lock) lock = *wait.lock;
        });
        ThreadName holder;
        Holding holding;
        locked(next.thread, [&](const ThreadRecord& it) noexcept {
            holder = ThreadName::of(next.id, it.kernel_id);
            const auto* const end = it.holdings.data() + it.held;
            const auto* const held = std::find_if(
                it.holdings.data(), end, [&](const Holding& h) { return h.lock == step.lock; });
            if (held != end) holding = *held;
        });
        waiter.print(out);
        const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
            Deadline::Clock::now() - wait.since);
        const auto thousandths = static_cast<unsigned long long>(waited.count());
        std::fprintf(out, " waits since %llu.%03llu s to %s ", thousandths / 1000,
                     thousandths % 1000, verb(step.mode));
        lock.print(out);
        std::fputs("\n  here:\n", out);
        wait.at.print(out);
        if (holding.lock == nullptr) {
            std::fputs("  behind ", out);
            holder.print(out);
            std::fputs(", which has claimed it and waits for its readers.\n", out);
            return;
        }
        std::fputs("  for ", out);
        holder.print(out);
        std::fprintf(out, ", which holds it%s since it locked it here:\n",
                     holding.mode == HoldMode::Shared       ? " for reading"
                     : holding.mode == HoldMode::Upgradable ? " for upgradable reading"
                                                            : "");
        holding.locked_at.print(out);
    }

    std::size_t threads_ = 0;  // how many there are
    std::size_t length_ = 0;   // of the path
    std::size_t first_ = 0;    // of the circle
    std::size_t circle_ = 0;   // its end
    std::array<State, ThreadRecords::kRecords> states_{};
    std::array<Step, ThreadRecords::kRecords> steps_{};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif  // PARKING_LOT_CHECKED
