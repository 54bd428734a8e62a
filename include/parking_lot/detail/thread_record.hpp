// SPDX-License-Identifier: MIT
// ThreadRecord: which locks a thread holds, and which it waits for, for all threads to see.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/bucket.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/lock_graph.hpp"
#include "parking_lot/detail/lock_identity.hpp"
#include "parking_lot/detail/stack_trace.hpp"

#if PARKING_LOT_CHECKED

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A lock that a thread has locked, and that nobody has unlocked since.
struct Holding {
    const LockIdentity* lock = nullptr;
    HoldMode mode{};
    std::uint32_t levels = 0;  // of recursive reads
    StackTrace locked_at;
};

/// A wait without a limit.
struct PendingWait {
    const LockIdentity* lock = nullptr;  // null: the thread does not wait
    HoldMode mode{};
    bool passes_writers = false;  // it reads, and waits for no writer that is not active
    bool until_moved = false;  // it waits for something else, and may be moved to the lock's queue
    std::uint64_t number = 0;  // of this wait among the thread's
    Deadline::Clock::time_point since;
    StackTrace at;
};

/// What one thread holds and waits for. A thread has a record from its first lock on. One that
/// holds nothing and does not wait may lose it to another.
struct ThreadRecord {
    static constexpr std::size_t kMostHeld = 24;
    static constexpr std::size_t kRemembered = 64;

    BucketLock lock;  // guards what follows, but for the reads of `thread` without it
    std::atomic<ThreadId> thread{kNoThread};
    long kernel_id = 0;
    std::size_t held = 0;
    std::array<Holding, kMostHeld> holdings{};  // the first `held`, in the order of locking
    std::size_t together = 0;  // in lock_all(): 1 + how many of them were held before it
    PendingWait wait;
    std::array<LockGraph::Pair, kRemembered> known_orders{};

    [[nodiscard]] bool is_idle() const noexcept {
        return held == 0 && together == 0 && wait.lock == nullptr;
    }

    /// How many of the locks that are held come before one that is locked now.
    [[nodiscard]] std::size_t outer() const noexcept { return together != 0 ? together - 1 : held; }

    [[nodiscard]] bool holds(const LockIdentity& identity) const noexcept {
        return std::any_of(holdings.data(), holdings.data() + held,
                           [&](const Holding& holding) { return holding.lock == &identity; });
    }

    [[nodiscard]] Holding* find(const LockIdentity& identity, HoldMode mode) noexcept {
        auto* const end = holdings.data() + held;
        auto* const found = std::find_if(holdings.data(), end, [&](const Holding& holding) {
            return holding.lock == &identity && holding.mode == mode;
        });
        return found == end ? nullptr : found;
    }

    /// Null if this thread holds too many locks.
    [[nodiscard]] Holding* add(const LockIdentity& identity, HoldMode mode) noexcept {
        if (held == kMostHeld) return nullptr;
        Holding& holding = holdings[held++];
        holding.lock = &identity;
        holding.mode = mode;
        holding.levels = 0;
        return &holding;
    }

    /// Whether it was there.
    bool remove(const LockIdentity& identity, HoldMode mode) noexcept {
        Holding* const found = find(identity, mode);
        if (found == nullptr) return false;
        if (--found->levels != 0) return true;
        if (found < holdings.data() + outer() && together != 0) --together;
        std::move(found + 1, holdings.data() + held, found);
        --held;
        return true;
    }

    /// The place, from `place` on, of a lock of which it is not known that `second` may come after
    /// it; outer() if there is none.
    [[nodiscard]] std::size_t find_unknown_order(const LockIdentity& second,
                                                 std::size_t place = 0) noexcept {
        for (; place < outer(); ++place) {
            const LockIdentity& first = *holdings[place].lock;
            if (&first == &second) continue;
            const LockGraph::Pair pair = LockGraph::pair_of(first, second);
            if (pair.first == 0 || pair.second == 0 || known_order_at(pair) != pair) break;
        }
        return place;
    }

    /// Whether `second`, which this thread is to hold, would come after another in an order that is
    /// not known.
    [[nodiscard]] bool makes_new_order(const LockIdentity& second) noexcept {
        return !holds(second) && find_unknown_order(second) != outer();
    }

    void remember_order(LockGraph::Pair pair) noexcept { known_order_at(pair) = pair; }

    [[nodiscard]] LockGraph::Pair& known_order_at(LockGraph::Pair pair) noexcept {
        return known_orders[(pair.first * 31 + pair.second) % kRemembered];
    }

    void assign(ThreadId to, long its_kernel_id) noexcept {
        held = 0;
        together = 0;
        wait.lock = nullptr;
        kernel_id = its_kernel_id;
        thread.store(to, std::memory_order_relaxed);
    }
};

/// The records of all threads of the process: as many as can hold locks at a time and be followed.
class ThreadRecords {
  public:
    static constexpr std::size_t kRecords = 1024;

    [[nodiscard]] ThreadRecord& operator[](std::size_t index) noexcept { return records_[index]; }

    /// How many of them, from the first on, were ever used.
    [[nodiscard]] std::size_t used() const noexcept {
        return used_.load(std::memory_order_acquire);  // [T1]
    }

    /// A record for the calling thread; null if there is none to be had.
    [[nodiscard]] PARKING_LOT_COLD ThreadRecord* claim() noexcept {
        const ThreadId self = this_thread_id();
        const long kernel_id = kernel_thread_id();
        ThreadRecord* const known = find(self);
        if (known != nullptr && take_over(*known, self, kernel_id)) return known;
        // In turn, so that threads which live do not take each other's while there are others.
        const std::size_t start = next_.fetch_add(1, std::memory_order_relaxed);
        for (std::size_t i = 0; i < kRecords; ++i) {
            ThreadRecord& record = records_[(start + i) % kRecords];
            note_used(record);
            if (take_over(record, self, kernel_id)) return &record;
        }
        return nullptr;
    }

    /// Calls `visit(record)` for each that was ever used, until it returns false, with the record
    /// locked.
    template <class Visit>
    void for_each(Visit&& visit) noexcept {
        const std::size_t count = used();
        for (std::size_t i = 0; i < count; ++i) {
            records_[i].lock.lock();
            const bool go_on = visit(records_[i]);
            records_[i].lock.unlock();
            if (!go_on) return;
        }
    }

    /// In a forked child: only the thread that forked exists.
    void reset_after_fork() noexcept {
        const ThreadId self = this_thread_id();
        const std::size_t count = used();
        for (std::size_t i = 0; i < count; ++i) {
            ThreadRecord& record = records_[i];
            record.lock.reset_after_fork();
            if (record.thread.load(std::memory_order_relaxed) == self) {
                record.kernel_id = kernel_thread_id();
            } else if (record.thread.load(std::memory_order_relaxed) != kNoThread) {
                record.assign(kNoThread, 0);
            }
        }
    }

  private:
    ThreadRecord* find(ThreadId thread) noexcept {
        auto* const end = records_.data() + used();
        // relaxed: no other thread stores this one's id.
        auto* const found = std::find_if(records_.data(), end, [=](const ThreadRecord& record) {
            return record.thread.load(std::memory_order_relaxed) == thread;
        });
        return found == end ? nullptr : found;
    }

    /// Whether `record` could be had, and is the calling thread's.
    static bool take_over(ThreadRecord& record, ThreadId self, long kernel_id) noexcept {
        record.lock.lock();
        const bool has_same_id = record.thread.load(std::memory_order_relaxed) == self;
        const bool is_own = has_same_id && record.kernel_id == kernel_id;
        // What a thread held that has ended and was called the same is of no concern.
        const bool may_take = has_same_id || record.is_idle();
        if (may_take && !is_own) record.assign(self, kernel_id);
        record.lock.unlock();
        return may_take;
    }

    void note_used(const ThreadRecord& record) noexcept {
        const auto end = static_cast<std::size_t>(&record - records_.data()) + 1;
        std::size_t used = used_.load(std::memory_order_relaxed);
        // [T1] release: the records below are in use.
        while (used < end && !used_.compare_exchange_weak(used, end, std::memory_order_acq_rel,
                                                          std::memory_order_relaxed)) {
        }
    }

    std::atomic<std::size_t> used_{0};
    std::atomic<std::size_t> next_{0};
    std::array<ThreadRecord, kRecords> records_{};
};

/// All that checked builds know of the locks of a process.
struct LockLedger {
    LockGraph graph;
    ThreadRecords threads;
    BucketLock deadlock_search;  // by one thread at a time
    std::atomic<bool> has_said_full{false};

    // Read from the environment when the first module joins. relaxed: nothing else comes with them.
    std::atomic<bool> keeps_stacks{false};
    std::atomic<bool> only_reports_inversions{false};

    void read_environment() noexcept {
        const char* const order = std::getenv("PARKING_LOT_LOCK_ORDER");
        keeps_stacks.store(std::getenv("PARKING_LOT_STACKS") != nullptr, std::memory_order_relaxed);
        only_reports_inversions.store(order != nullptr && std::string_view{order} == "report",
                                      std::memory_order_relaxed);
    }

    void reset_after_fork() noexcept {
        graph.reset_after_fork();
        threads.reset_after_fork();
        deadlock_search.reset_after_fork();
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif  // PARKING_LOT_CHECKED
