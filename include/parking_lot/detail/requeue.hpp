// SPDX-License-Identifier: MIT
// Requeue: notified threads go to the queue of their lock, instead of being woken to fight for it.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>

#include "parking_lot/core.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A thread that waits for a condition variable, and where it goes once it is notified.
struct CondvarWaiter : Waiter {
    /// Deals with `first` of a list of notified waiters, and with as many as it can of those that
    /// follow. Returns the next one; what it has dealt with may be gone.
    using Release = CondvarWaiter* (*)(CondvarWaiter& first) noexcept;

    CondvarWaiter(void* its_lock, Release how) noexcept : lock{its_lock}, release{how} {}

    /// The one behind it in a list of notified waiters.
    [[nodiscard]] CondvarWaiter* following() const noexcept {
        return static_cast<CondvarWaiter*>(next);
    }

    void* const lock;
    const Release release;
    bool notified = false;       // guarded by the lock of the condition variable's bucket
    std::size_t companions = 0;  // how many it wakes when its turn has come; guarded by its queue's
};

/// The friend of those raw locks whose queues take in notified threads. There each unlock wakes the
/// next, so that threads do not wake up all at once to find the lock taken.
///
/// Such a lock has prepare_to_park, key_of, retry_token, kFifo and regain, as RawMutex has.
struct Requeue {
    /// How many threads are on their way at a time, if their critical sections are short: one has
    /// the lock, the others wake up meanwhile, which on an idle processor takes longer than most
    /// critical sections. One who is too early parks again, so that of a long section's waiters
    /// only these are woken twice. A FIFO lock must not let them compete.
    template <class Raw>
    static constexpr std::size_t kAwake = Raw::kFifo ? 1 : 4;

    template <class Raw>
    static constexpr bool possible() noexcept {
        return requires(Raw& raw, core::UnparkToken token) {
            // Not a class derived from such a lock, which may do more in its own lock().
            requires std::same_as<typename Raw::Requeued, Raw>;
            raw.regain({}, token);
            { raw.prepare_to_park(0) } -> std::same_as<bool>;
        };
    }

    /// A CondvarWaiter::Release. Moves those who want the same lock as `first`, as far as they
    /// follow each other, to that lock's queue. If the lock is free, the first are woken to take
    /// it, with the duty to see to the others; if not, the first is to wake as many once its turn
    /// has come.
    template <class Raw>
    static CondvarWaiter* line_up(CondvarWaiter& first) noexcept {
        Raw& raw = *static_cast<Raw*>(first.lock);
        const Key key = Raw::key_of(&raw);
        // Locks of different types may share an address: one may be the first member of the other.
        const auto joins = [&raw, release = first.release](const CondvarWaiter* waiter) {
            return waiter != nullptr && waiter->lock == &raw && waiter->release == release;
        };
        CondvarWaiter* rest = &first;
        core::UnparkResult result;
        {
            const LockedBucket bucket{&raw};
            const bool is_free = !raw.prepare_to_park(0);
            while (is_free && joins(rest) && result.unparked < kAwake<Raw>) {
                rest = rest->following();
                ++result.unparked;
            }
            while (joins(rest)) {
                CondvarWaiter* const next = rest->following();
                bucket.enqueue(*rest, key, /*at_front=*/false);
                rest = next;
                ++result.requeued;
            }
            if (!is_free) first.companions = (std::min)(result.requeued, kAwake<Raw>)-1;
            result.have_more = bucket.queues().find(key) != nullptr;
        }
        CondvarWaiter* waiter = &first;
        for (; result.unparked > 0; --result.unparked) {
            waiter->unpark_token = Raw::retry_token(result);
            waiter = wake(*waiter);
        }
        return rest;
    }

    /// A CondvarWaiter::Release for all other locks: wakes the thread, which then locks.
    static CondvarWaiter* wake(CondvarWaiter& first) noexcept {
        CondvarWaiter* const next = first.following();
        first.notify();
        return next;
    }

    /// Locks after line_up, for the thread of `woken`. Returns whether the lock was handed to it.
    template <class Raw>
    static bool relock(Raw& raw, const CondvarWaiter& woken) noexcept {
        if (woken.companions != 0) wake_to_retry(raw, woken.companions);
        return raw.regain({}, woken.unpark_token);
    }

    /// Whether a thread that was woken with `token` has the lock already.
    template <class Raw>
    static bool is_handed_over(const Raw&, core::UnparkToken token) noexcept {
        return token == Raw::kHandedOff;
    }

  private:
    /// Wakes up to `count` of those parked at `raw`, beside those whose turn it is. The caller
    /// keeps its own duty to see to the queue.
    template <class Raw>
    static void wake_to_retry(const Raw& raw, std::size_t count) noexcept {
        unpark_some(Raw::key_of(&raw), count, Raw::retry_token);
    }
};

/// The lock whose queue takes in the threads that want `Raw`, and how they lock once they are
/// woken. Specialized for locks around a lock.
template <class Raw>
struct RequeueFor {
    using Queue = Raw;
    static Queue& queue_of(Raw& raw) noexcept { return raw; }
    static void relock(Raw& raw, const CondvarWaiter& woken) noexcept {
        Requeue::relock(raw, woken);
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
