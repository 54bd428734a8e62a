// SPDX-License-Identifier: MIT
// ParkingCondvar: the condition variable over the parking table, one byte.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/held_lock.hpp"
#include "parking_lot/detail/platform/process.hpp"
#include "parking_lot/detail/requeue.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What Condvar is made of. A `limit` is a Deadline or a point in time on any clock.
///
/// A waiting thread is in this queue until it is notified or gives up. The lock of the bucket
/// decides which: who was notified stays so, even if its deadline passes before it gets its lock.
class ParkingCondvar {
    using enum std::memory_order;

  public:
#if PARKING_LOT_CHECKED
    constexpr ~ParkingCondvar() {
        if (!std::is_constant_evaluated()) before_destruction();
    }
#endif
    constexpr ParkingCondvar() noexcept = default;
    ParkingCondvar(const ParkingCondvar&) = delete;
    ParkingCondvar& operator=(const ParkingCondvar&) = delete;

    /// Releases `lock`, waits, and takes it again. True if notified, false at the limit.
    template <class Raw, class Mode, class Limit>
    bool wait(HeldLock<Raw, Mode> lock, const Limit& limit) noexcept {
        CondvarWaiter self = waiter_of(lock);
        return wait(lock, self, limit);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// As above; false also once a stop is requested.
    template <class Raw, class Mode, class Limit>
    bool wait(HeldLock<Raw, Mode> lock, std::stop_token stop, const Limit& limit) noexcept {
        CondvarWaiter self = waiter_of(lock);
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return wait(lock, self, limit);
    }
#endif

    bool notify_one() noexcept { return notify(1) != 0; }
    std::size_t notify_all() noexcept { return notify(~std::size_t{0}); }

  private:
#if PARKING_LOT_CHECKED
    /// Those of static storage may be waited for when the program ends. In a forked child, those
    /// who waited do not exist, whatever has_waiters_ says.
    void before_destruction() const noexcept {
        if (!has_waiters_.load(relaxed) || !is_parked_at(key_of(this))) return;
        check(platform::is_static_storage(this),
              "destruction of a condition variable that threads wait for", "parking_lot::Condvar",
              this);
    }
#endif

    // has_waiters_   whether the queue is non-empty. Set and cleared with the queue, under the
    //                bucket lock; read without it by notify.
    // A notification that must not be missed comes from a thread that has held the lock after the
    // waiter released it, and so sees what the waiter has written here.

    /// Whether notified threads move to the lock's queue. Those who hold it in another mode, or who
    /// hold a lock that Requeue does not know, are woken instead and lock for themselves.
    template <class Raw, class Mode>
    static constexpr bool kLinesUp =
        std::same_as<Mode, ExclusiveMode> && Requeue::possible<typename RequeueFor<Raw>::Queue>();

    template <class Raw, class Mode>
    static CondvarWaiter waiter_of(HeldLock<Raw, Mode> lock) noexcept {
        if constexpr (kLinesUp<Raw, Mode>) {
            return {&RequeueFor<Raw>::queue_of(lock.raw),
                    &Requeue::line_up<typename RequeueFor<Raw>::Queue>};
        } else {
            return {&lock.raw, &Requeue::wake};
        }
    }

    // Two threads that take turns get on without sleeping. A crowd must not: its yields would cost
    // more switches than sleeping does.
    static constexpr int kYieldsWhenAlone = 20;

    static Key key_of(const void* address) noexcept { return {address, Kind::Condvar}; }

    template <class Raw, class Mode, class Limit>
    bool wait(HeldLock<Raw, Mode> lock, CondvarWaiter& self, const Limit& limit) noexcept {
        const int yields = enqueue(self) ? kYieldsWhenAlone : 0;
        lock.unlock();
        if constexpr (kLinesUp<Raw, Mode>) {
            Requeue::before_relock(RequeueFor<Raw>::queue_of(lock.raw));
        }
        if (!sleep(self, yields, limit) && leave(self)) {
            lock.lock();
            return false;
        }
        if constexpr (kLinesUp<Raw, Mode>) {
            RequeueFor<Raw>::relock(lock.raw, self);
        } else {
            lock.lock();
        }
        return true;
    }

    /// Returns whether no other thread waits.
    bool enqueue(CondvarWaiter& self) noexcept {
        self.note_parking();
        const LockedBucket bucket{this};
        bucket.enqueue(self, key_of(this), /*at_front=*/false);
        has_waiters_.store(true, relaxed);
        return self.next == &self;
    }

    static bool sleep(Waiter& self, int yields, Deadline deadline) noexcept {
        return self.sleep(deadline, Spin{{.pauses = 0, .yields = yields}, deadline});
    }

    /// Asks the clock again before it gives up, while still in the queue: a notification that
    /// comes meanwhile is not missed.
    template <class Clock, class Duration>
    static bool sleep(Waiter& self, int yields,
                      const std::chrono::time_point<Clock, Duration>& time) {
        bool notified = false;
        auto notified_or_cancelled = [&](Deadline deadline) noexcept {
            notified = sleep(self, yields, deadline);
            return notified || self.is_cancelled();
        };
        (void)attempt_until(time, notified_or_cancelled);
        return notified;
    }

    /// Takes a thread that gives up from the queue. False if it was notified before: then it must
    /// wait for its lock, as the notification may be all that another thread counts on. Only in the
    /// other case does it touch the condition variable, which may be gone after a notification.
    bool leave(CondvarWaiter& self) noexcept {
        {
            const LockedBucket bucket{this};
            if (!self.notified) {
                bucket.queues().remove(self);
                if (bucket.queues().find(key_of(this)) == nullptr) {
                    has_waiters_.store(false, relaxed);
                }
                return true;
            }
        }
        self.sleep_until_notified();
        return false;
    }

    std::size_t notify(std::size_t limit) noexcept {
        if (!has_waiters_.load(relaxed)) return 0;
        TakenWaiters taken;
        take(limit, taken);
        const std::size_t count = taken.count();
        auto* waiter = static_cast<CondvarWaiter*>(taken.first());
        while (waiter != nullptr) waiter = waiter->release(*waiter);
        return count;
    }

    /// Takes up to `limit` waiters from the queue. Those prove that the condition variable is
    /// alive: they cannot return before they are released.
    void take(std::size_t limit, TakenWaiters& taken) noexcept {
        const LockedBucket bucket{this};
        Waiter* waiter = bucket.queues().find(key_of(this));
        while (waiter != nullptr && taken.count() < limit) {
            Waiter* const next = WaiterQueues::following(*waiter);
            static_cast<CondvarWaiter*>(waiter)->notified = true;
            taken.add(bucket.queues(), *waiter);
            waiter = next;
        }
        if (taken.count() != 0 && waiter == nullptr) has_waiters_.store(false, relaxed);
    }

    std::atomic<bool> has_waiters_{false};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
