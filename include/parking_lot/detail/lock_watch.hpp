// SPDX-License-Identifier: MIT
// LockWatch: in checked builds, tells the ledger of the process what is done with a lock.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/origin.hpp"

#if PARKING_LOT_CHECKED
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/inversion_report.hpp"
#include "parking_lot/detail/module.hpp"
#include "parking_lot/detail/platform/process.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

#if PARKING_LOT_CHECKED

[[nodiscard]] PARKING_LOT_HIDDEN inline LockLedger& ledger() noexcept {
    (void)table();  // has `owner` set
    return *this_module.owner->ledger;
}

PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void say_ledger_is_full(const char* what) noexcept {
    if (ledger().has_said_full.exchange(true, std::memory_order_relaxed)) return;
    std::fprintf(stderr,
                 "parking_lot: too many %s to follow all of them: some lock-order inversions and "
                 "deadlocks will not be found\n",
                 what);
}

/// This thread's record, as this module knows it.
PARKING_LOT_HIDDEN inline thread_local constinit ThreadRecord* own_record = nullptr;

/// Calls `visit(record)` with the calling thread's record locked; not if there is none to be had.
template <class Visit>
void with_own_record(Visit&& visit) noexcept {
    const ThreadId self = this_thread_id();
    for (;;) {
        if (own_record == nullptr) own_record = ledger().threads.claim();
        if (own_record == nullptr) {
            say_ledger_is_full("threads");
            return;
        }
        own_record->lock.lock();
        const bool is_own = own_record->thread.load(std::memory_order_relaxed) == self;
        if (is_own) visit(*own_record);
        own_record->lock.unlock();
        if (is_own) return;
        own_record = nullptr;
    }
}

/// A member of each raw lock and once. It knows who holds the lock, and in which order it was taken
/// with others; it reports orders that contradict each other, before they deadlock.
///
/// - The thread that locked counts as the holder until the lock is unlocked, by any thread.
/// - Reads count like writes, for the order: a writer that comes in between makes them so. Not
///   reads of a lock that prefers readers, which wait for no writer but an active one: they make no
///   order with what is held already. Where they deadlock all the same, only DeadlockWatchdog
///   tells.
/// - What is gained by a function that may give up makes no order with what is held already, but
///   is held. The same goes for changes of mode, and for locking again what this thread holds.
/// - A once is held by the thread that does its work; who waits until it is done, waits for that
///   thread. When it is done its orders are forgotten, as nobody waits for it any more. Those who
///   come at that very moment can still make one from what they hold to the once, but none that
///   goes on from it: a circle needs both, and a reset forgets again.
/// - A Semaphore or Latch has no holder, and so no order.
/// - A lock that is destroyed is forgotten. Those of arenas that run no destructors are not: they
///   fill the graph, and another lock at the same address is taken for them.
///
/// An order that cannot deadlock, as each thread that uses it holds one more lock all the while
/// (G, a, b and G, b, a), is reported too. So may be one whose locks' guards change threads.
/// lock_all() may wait for each of its locks, but for none while it holds another: each comes after
/// what was held before, and they have no order among them. std::lock() and std::scoped_lock try
/// all but the first, and so make an order for that one only. Locks are told apart as objects, or
/// by their names if they are metered; two objects that one line of code constructs are two locks.
///
/// A lock and unlock take 15 ns more than without it, also below other locks, and 2 microseconds
/// once for each new order of two locks; some 40 microseconds each while more than 1024 threads are
/// to be followed. It reports and aborts, or, with the environment variable
/// PARKING_LOT_LOCK_ORDER=report, goes on, and reports the same order not again.
class LockWatch {
  public:
    constexpr LockWatch(const void* lock, const char* type, Origin origin) noexcept
        : identity_{lock, type, origin} {}
    LockWatch(const LockWatch&) = delete;
    LockWatch& operator=(const LockWatch&) = delete;
    constexpr ~LockWatch() {
        if (!std::is_constant_evaluated()) forget();
    }

    constexpr void set_origin(Origin origin) noexcept { identity_.set_origin(origin); }
    void set_address(const void* lock) noexcept { identity_.address = lock; }

    /// Forgets the orders it is part of.
    void forget() noexcept { ledger().graph.forget(identity_); }

    [[nodiscard]] bool is_held_by_this_thread(HoldMode mode) const noexcept {
        bool is_held = false;
        with_own_record([&](ThreadRecord& record) noexcept {
            is_held = record.find(identity_, mode) != nullptr;
        });
        return is_held;
    }

    /// Not of locks of static storage, which may be in use when the program ends.
    void before_destruction(bool is_locked, bool is_waited_for,
                            const char* problem = "destruction of a locked lock") const noexcept {
        if (!is_locked && !is_waited_for) return;
        if (platform::is_static_storage(identity_.address)) return;
        check(!is_locked, problem, identity_.type.data(), identity_.address);
        check(!is_waited_for, "destruction of a lock that threads wait for", identity_.type.data(),
              identity_.address);
    }

    /// Before a wait without a limit. `until_moved`: this thread waits for something else first,
    /// and may be moved to the queue of the lock from there.
    PARKING_LOT_COLD void before_wait(HoldMode mode, bool passes_writers = false,
                                      bool until_moved = false) noexcept {
        void* const caller = PARKING_LOT_CALLER;
        const bool makes_order =
            mode == HoldMode::Shared ? !passes_writers : mode != HoldMode::Upgrade;
        bool holds_others = false;
        bool is_new = false;
        with_own_record([&](ThreadRecord& record) noexcept {
            holds_others = record.held != 0;
            is_new = makes_order && record.makes_new_order(identity_);
        });
        if (!holds_others) return;  // and so is no part of any deadlock
        if (is_new) check_order(caller);
        PendingWait wait{.lock = &identity_,
                         .mode = mode,
                         .passes_writers = passes_writers,
                         .until_moved = until_moved,
                         .number = 0,
                         .since = Deadline::Clock::now(),
                         .at = {}};
        wait.at.capture(caller);
        with_own_record([&](ThreadRecord& record) noexcept {
            wait.number = record.wait.number + 1;
            record.wait = wait;
        });
    }

    /// The wait has ended, and this thread did not lock.
    void after_wait() noexcept {
        with_own_record([](ThreadRecord& record) noexcept { record.wait.lock = nullptr; });
    }

    /// Locked by a function that waits as long as it takes.
    PARKING_LOT_NOINLINE void acquired(HoldMode mode) noexcept {
        void* const caller = PARKING_LOT_CALLER;
        if (hold(mode, caller, /*tried=*/false)) check_order(caller);
    }

    /// Locked by one that gives up sooner or later. In lock_all(), that would have waited next
    /// time.
    PARKING_LOT_NOINLINE void acquired_by_try(HoldMode mode, bool passes_writers = false) noexcept {
        void* const caller = PARKING_LOT_CALLER;
        if (hold(mode, caller, /*tried=*/true) && !passes_writers) check_order(caller);
    }

    PARKING_LOT_NOINLINE void before_unlock(HoldMode mode) noexcept {
        bool was_own = false;
        with_own_record(
            [&](ThreadRecord& record) noexcept { was_own = record.remove(identity_, mode); });
        if (!was_own) given_away(mode);
    }

  private:
    /// Returns whether this lock now comes after another in an order that is not known.
    bool hold(HoldMode mode, void* caller, bool tried) noexcept {
        bool is_new = false;
        bool is_full = false;
        const bool keeps_stacks = ledger().keeps_stacks.load(std::memory_order_relaxed);
        with_own_record([&](ThreadRecord& record) noexcept {
            record.wait.lock = nullptr;
            is_new = (!tried || record.together != 0) && record.makes_new_order(identity_);
            Holding* holding = record.find(identity_, mode);
            if (holding == nullptr) holding = record.add(identity_, mode);
            is_full = holding == nullptr;
            if (is_full || holding->levels++ != 0) return;
            keeps_stacks ? holding->locked_at.capture(caller) : holding->locked_at.set(caller);
        });
        if (is_full) say_ledger_is_full("locks held by one thread");
        return is_new;
    }

    /// Unlocked by a thread that did not lock it: another one gave it its guard.
    PARKING_LOT_COLD void given_away(HoldMode mode) noexcept {
        ledger().threads.for_each(
            [&](ThreadRecord& record) noexcept { return !record.remove(identity_, mode); });
    }

    /// Notes that this lock comes after all others that the thread holds, and reports what that
    /// contradicts.
    PARKING_LOT_COLD void check_order(void* caller) noexcept {
        using enum LockGraph::Outcome;
        LockCycle cycle;
        LockOrdering order;
        bool is_described = false;
        auto outcome = Known;
        for (std::size_t place = 0; note_next(place, order, is_described, cycle, outcome);) {
            if (outcome == Unknown) {
                // With no lock held: this takes a while, and locks of the loader.
                order.thread = ThreadName::of(this_thread_id(), kernel_thread_id());
                order.second_locked_at.capture(caller);
                is_described = true;
                continue;
            }
            ++place;
            if (outcome == Full) {
                say_ledger_is_full("orders of locks");
                return;
            }
            if (outcome == Inverted) {
                report_inversion(order, cycle,
                                 ledger().only_reports_inversions.load(std::memory_order_relaxed));
            }
        }
    }

    /// Notes the order with the next lock from `place` on with which it is not known. False if
    /// there is none. Only looks whether it is new unless `order` is described but for what this
    /// fills in. With the record locked: nobody who was given the guard of that lock can
    /// unlock and destroy it meanwhile.
    bool note_next(std::size_t& place, LockOrdering& order, bool is_described, LockCycle& cycle,
                   LockGraph::Outcome& outcome) noexcept {
        bool found = false;
        with_own_record([&](ThreadRecord& record) noexcept {
            place = record.find_unknown_order(identity_, place);
            found = place < record.outer();
            if (!found) return;
            const Holding& first = record.holdings[place];
            order.first = *first.lock;
            order.second = identity_;
            order.first_locked_at = first.locked_at;
            outcome =
                ledger().graph.add(*first.lock, identity_, is_described ? &order : nullptr, cycle);
            if (outcome == LockGraph::Outcome::Unknown) return;
            record.remember_order(LockGraph::pair_of(*first.lock, identity_));
        });
        return found;
    }

    LockIdentity identity_;
};

/// While it lives, the locks that this thread locks have no order among them, but each comes after
/// what was held before: see lock_all(). So do those that a user's own raw lock locks within.
class LockedTogether {
  public:
    LockedTogether() noexcept {
        with_own_record([this](ThreadRecord& record) noexcept {
            before_ = std::exchange(record.together, record.held + 1);
        });
    }
    LockedTogether(const LockedTogether&) = delete;
    LockedTogether& operator=(const LockedTogether&) = delete;
    ~LockedTogether() {
        with_own_record([this](ThreadRecord& record) noexcept { record.together = before_; });
    }

  private:
    std::size_t before_ = 0;
};

#else

/// Empty in unchecked builds: no size, no code.
class LockWatch {
  public:
    constexpr LockWatch(const void*, const char*, Origin) noexcept {}
    constexpr void set_origin(Origin) noexcept {}
    void set_address(const void*) noexcept {}
    [[nodiscard]] bool is_held_by_this_thread(HoldMode) const noexcept { return false; }
    void before_destruction(bool, bool, const char* = nullptr) const noexcept {}
    void forget() const noexcept {}
    void before_wait(HoldMode, bool = false, bool = false) const noexcept {}
    void after_wait() const noexcept {}
    void acquired(HoldMode) const noexcept {}
    void acquired_by_try(HoldMode, bool = false) const noexcept {}
    void before_unlock(HoldMode) const noexcept {}
};

class LockedTogether {};

#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
