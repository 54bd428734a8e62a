// SPDX-License-Identifier: MIT
// Conditions: holders of a lock that wait, with the lock released, until their predicates hold.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/spin.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A thread that waits until its predicate holds. Its park token is the mode in which it held the
/// lock, and is to have it again.
class ConditionWaiter : public Waiter {
  public:
    /// `predicate()` is called by whichever thread owns the lock; it must outlive the wait.
    template <class Predicate>
    ConditionWaiter(Predicate& predicate, core::ParkToken mode) noexcept
        : Waiter{mode}, holds_{&may_hold<Predicate>}, predicate_{std::addressof(predicate)} {}

    /// Whether the predicate holds; or throws: then the waiting thread is the one to see that.
    [[nodiscard]] bool may_hold() const noexcept { return holds_(predicate_); }

    // Guarded by the bucket's lock.
    bool moved = false;    // to the lock's queue
    bool gave_up = false;  // and will leave the ring as soon as it has the lock

  private:
    template <class Predicate>
    static bool may_hold(void* predicate) noexcept {
#if PARKING_LOT_HAS_EXCEPTIONS
        try {
            return static_cast<bool>((*static_cast<Predicate*>(predicate))());
        } catch (...) {
            return true;
        }
#else
        return static_cast<bool>((*static_cast<Predicate*>(predicate))());
#endif
    }

    bool (*holds_)(void* predicate) noexcept;
    void* predicate_;
};

/// The friend of those raw locks whose holders can wait for a condition.
///
/// Those whose predicates were false form a ring of their own in the parking table, of
/// Kind::Condition, beside the queue of the lock. Before the lock is released by a thread that may
/// have changed the data, that thread asks the predicates, oldest first, and moves those that hold
/// to the queue of the lock, where each gets its turn like any other thread that wants to lock. It
/// then looks again, with the lock held: the last word is its own.
///
/// Who has to ask learns it from kAwaited in the lock's word, which is set while the ring is not
/// empty. It makes every unlock a read-modify-write, so that the one by plain store pays nothing;
/// kHot is set with it, and needs no heavy fence: the thread that sets it holds the lock, so there
/// is no owner whose plain store could cross it, and all later owners see it.
///
/// Why predicates may run without the bucket lock, and walk the ring meanwhile: the ring changes
/// only under the bucket lock *and* by a thread that holds the lock in some mode, while who walks
/// it holds the lock alone. So a thread that gives up only leaves a note (`gave_up`), and takes
/// itself from the ring when it has the lock again.
///
/// Why nobody is forgotten: who moves some threads but not all whose predicates hold has moved one
/// that will own the lock alone, and so asks in its turn, also if it finds its predicate false by
/// then, or throws. A thread that has given up locks for itself. tests/model/conditions.pml and
/// rwlock_conditions.pml check all this.
struct Conditions {
    /// Waits until `predicate()` holds or the limit is over. Requires that the lock is held in
    /// `mode`; it is again at the end, also when the predicate throws.
    template <class Raw, class Predicate>
    static bool await(Raw& raw, core::ParkToken mode, Deadline deadline, Predicate& predicate) {
        ConditionWaiter self{predicate, mode};
        return await(raw, self, deadline, predicate);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    template <class Raw, class Predicate>
    static bool await(Raw& raw, core::ParkToken mode, std::stop_token stop, Predicate& predicate) {
        ConditionWaiter self{predicate, mode};
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return await(raw, self, Deadline::never(), predicate);
    }
#endif

    /// Before a thread that holds the lock alone goes on to `kept`, or releases it: moves those who
    /// may go on. As far as the first that will hold the lock alone, too: it asks the others again.
    /// Only those whom that one does not hold back are not to wait for it.
    template <class Core>
    PARKING_LOT_COLD static void move_those_that_hold(Core& core, unsigned kept = 0) noexcept {
        bool one_asks_again = false;
        ConditionWaiter* waiter = first_of(core);
        while (waiter != nullptr) {
            auto* const next = static_cast<ConditionWaiter*>(WaiterQueues::following(*waiter));
            const bool is_exclusive = Core::is_exclusive(waiter->park_token);
            const bool may_move = !(is_exclusive && one_asks_again);
            if (may_move && waiter->may_hold() && move(core, *waiter) && is_exclusive) {
                if (!Core::readers_pass_writers(kept)) return;
                one_asks_again = true;
            }
            waiter = next;
        }
    }

  private:
    // As for condition variables: two threads that take turns get on without sleeping.
    static constexpr int kYieldsWhenAlone = 20;

    static Key key_of(const void* address) noexcept { return {address, Kind::Condition}; }

    template <class Raw, class Predicate>
    static bool await(Raw& raw, ConditionWaiter& self, Deadline deadline, Predicate& predicate) {
        while (!predicate()) {
            if (self.is_cancelled() || deadline.has_passed()) return false;
            wait(raw, self, deadline);
        }
        return true;
    }

    /// Releases the lock, waits until the predicate may hold, and takes the lock again. Returns
    /// early at the deadline or when `self` is cancelled.
    template <class Raw>
    PARKING_LOT_NOINLINE static void wait(Raw& raw, ConditionWaiter& self,
                                          Deadline deadline) noexcept {
        typename Raw::Core& core = raw;
        const core::ParkToken mode = self.park_token;
        // Asks before `self` is in the ring, as its own answer is known.
        if (Raw::Core::is_exclusive(mode) && is_awaited(core)) move_those_that_hold(core);
        const bool is_alone = add(core, self);
        raw.let_go(mode);
        const Spin spin{{.pauses = 0, .yields = is_alone ? kYieldsWhenAlone : 0}, deadline};
        if (!self.sleep(deadline, spin) && give_up(core, self)) {
            raw.regain(mode, {});
            remove(core, self);
        } else {
            raw.regain(mode, self.unpark_token);
        }
    }

    template <class Core>
    static bool is_awaited(Core& core) noexcept {
        return (core.word.load(std::memory_order_relaxed) & Core::kAwaited) != 0;
    }

    // relaxed: all that reads kAwaited comes after these in the lock's own order, or holds the lock
    // and only wants to know about what it has done itself.
    template <class Word>
    static void set(std::atomic<Word>& word, unsigned bits) noexcept {
        word.fetch_or(static_cast<Word>(bits), std::memory_order_relaxed);
    }
    template <class Word>
    static void clear(std::atomic<Word>& word, unsigned bits) noexcept {
        word.fetch_and(static_cast<Word>(~bits), std::memory_order_relaxed);
    }

    /// Puts `self` into the ring; in its old place if it was moved before, but found its predicate
    /// false. Returns whether it is the only one.
    template <class Core>
    static bool add(Core& core, ConditionWaiter& self) noexcept {
        self.rearm();
        const LockedBucket bucket{&core};
        Waiter* place = bucket.queues().find(key_of(&core));
        const bool is_alone = place == nullptr;
        if (!std::exchange(self.moved, false)) place = nullptr;
        while (place != nullptr && place->parked_since <= self.parked_since) {
            place = WaiterQueues::following(*place);
        }
        bucket.enqueue_before(place, self, key_of(&core));
        set(core.word, Core::kAwaited | Core::kHot);
        return is_alone;
    }

    /// The head of the ring. After it, the ring can be walked without the bucket lock.
    template <class Core>
    static ConditionWaiter* first_of(Core& core) noexcept {
        const LockedBucket bucket{&core};
        Waiter* const first = bucket.queues().find(key_of(&core));
        // In a forked child those who waited do not exist.
        if (first == nullptr) clear(core.word, Core::kAwaited);
        return static_cast<ConditionWaiter*>(first);
    }

    /// Moves `waiter` from the ring to the queue of the lock, unless it has given up.
    template <class Core>
    static bool move(Core& core, ConditionWaiter& waiter) noexcept {
        const LockedBucket bucket{&core};
        if (waiter.gave_up) return false;
        remove(core, waiter, bucket);
        waiter.moved = true;
        bucket.enqueue(waiter, Core::key_of(&core), /*at_front=*/false);
        // kHot is set, as kAwaited was: the release looks at the queue.
        set(core.word, Core::kParked);
        return true;
    }

    /// False when it was moved before: then it must take the lock in its turn, as others may count
    /// on that.
    template <class Core>
    static bool give_up(Core& core, ConditionWaiter& self) noexcept {
        {
            const LockedBucket bucket{&core};
            self.gave_up = !self.moved;
            if (self.gave_up) return true;
        }
        self.sleep_until_notified();
        return false;
    }

    /// Takes one that gave up from the ring. Requires that the lock is held.
    template <class Core>
    static void remove(Core& core, ConditionWaiter& self) noexcept {
        const LockedBucket bucket{&core};
        remove(core, self, bucket);
        self.gave_up = false;
    }

    template <class Core>
    static void remove(Core& core, ConditionWaiter& waiter, const LockedBucket& bucket) noexcept {
        bucket.queues().remove(waiter);
        if (bucket.queues().find(key_of(&core)) == nullptr) clear(core.word, Core::kAwaited);
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
