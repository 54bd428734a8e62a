// SPDX-License-Identifier: MIT
// core: threads park at an address, others unpark them. What every lock here is built on.
#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/module.hpp"
#include "parking_lot/detail/queue.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace core {

/// How a park ended.
enum class ParkStatus {
    Unparked,  ///< another thread unparked this one; the token is its message
    Invalid,   ///< validate() said no; the thread never slept
    TimedOut,  ///< the deadline passed first
};

struct ParkResult {
    ParkStatus status;
    UnparkToken token;  ///< meaningful when Unparked
};

/// What an unpark did, as its callback sees it (before any thread runs) and as it returns it.
struct UnparkResult {
    std::size_t unparked = 0;  ///< threads taken from the queue to be woken
    std::size_t requeued = 0;  ///< threads moved to the other address, still asleep
    bool have_more = false;    ///< threads remain parked at the (first) address
};

/// A filter's verdict on one parked thread.
enum class FilterOp { Unpark, Skip, Stop };

/// What unpark_requeue is to do.
enum class RequeueOp { Abort, UnparkOne, RequeueOne, RequeueAll, UnparkOneRequeueRest };

}  // namespace core

namespace detail {

/// Callbacks run with a bucket locked or a thread queued: an exception could only lose a waiter.
template <class Callback, class... Arguments>
concept NoexceptCallback = std::is_nothrow_invocable_v<Callback&, Arguments...>;

/// Holds the lock of one bucket.
class PARKING_LOT_HIDDEN LockedBucket {
  public:
    explicit LockedBucket(const void* address) noexcept : bucket_{table().bucket_of(address)} {
        bucket_.lock.lock();
    }

    /// Locks the bucket in which `waiter` is, or was last, queued.
    explicit LockedBucket(const Waiter& waiter) noexcept : bucket_{lock_bucket_of(waiter)} {}

    LockedBucket(const LockedBucket&) = delete;
    LockedBucket& operator=(const LockedBucket&) = delete;
    ~LockedBucket() { bucket_.lock.unlock(); }

    [[nodiscard]] WaiterQueues& queues() const noexcept { return bucket_.queues; }

    void enqueue(Waiter& waiter, const Key& key, bool at_front) const noexcept {
        assign(waiter, key);
        at_front ? bucket_.queues.push_front(waiter) : bucket_.queues.push_back(waiter);
    }

    /// Ahead of `place`, which waits for the same key; behind all others if there is none.
    void enqueue_before(Waiter* place, Waiter& waiter, const Key& key) const noexcept {
        assign(waiter, key);
        place != nullptr ? bucket_.queues.push_before(*place, waiter)
                         : bucket_.queues.push_back(waiter);
    }

  private:
    void assign(Waiter& waiter, const Key& key) const noexcept {
        waiter.key = key;
        // relaxed: published by the bucket lock; the early reader checks again under the lock.
        waiter.bucket.store(&bucket_, std::memory_order_relaxed);
    }

    static Bucket& lock_bucket_of(const Waiter& waiter) noexcept {
        for (;;) {
            // relaxed: buckets live for ever, and only the second look, under the lock, counts.
            Bucket* const bucket = waiter.bucket.load(std::memory_order_relaxed);
            bucket->lock.lock();
            if (waiter.bucket.load(std::memory_order_relaxed) == bucket) return *bucket;
            bucket->lock.unlock();  // requeued meanwhile
        }
    }

    Bucket& bucket_;
};

/// Whether a thread is parked at `key`.
[[nodiscard]] inline bool is_parked_at(const Key& key) noexcept {
    const LockedBucket bucket{key.address};
    return bucket.queues().find(key) != nullptr;
}

/// Holds the locks of the buckets of two addresses, taken in the order of the table.
class PARKING_LOT_HIDDEN LockedBucketPair {
  public:
    LockedBucketPair(const void* one, const void* other) noexcept
        : first_{&table().bucket_of(one)}, second_{&table().bucket_of(other)} {
        if (std::less<>{}(second_, first_)) std::swap(first_, second_);
        first_->lock.lock();
        if (first_ != second_) second_->lock.lock();
    }
    LockedBucketPair(const LockedBucketPair&) = delete;
    LockedBucketPair& operator=(const LockedBucketPair&) = delete;
    ~LockedBucketPair() {
        if (first_ != second_) second_->lock.unlock();
        first_->lock.unlock();
    }

  private:
    Bucket* first_;
    Bucket* second_;
};

/// Decides between a time-out and a wake-up that crossed it: true when this thread took itself from
/// the queue, false when a waker had done so before and is about to notify.
template <class TimedOut>
[[nodiscard]] bool leave_queue(Waiter& self, TimedOut&& timed_out) noexcept {
    const LockedBucket bucket{self};
    if (!self.queued) return false;
    bucket.queues().remove(self);
    timed_out(self.key.address, bucket.queues().find(self.key) == nullptr);
    return true;
}

/// How a thread parks, beyond what core::park lets its users choose.
struct ParkOptions {
    bool at_front = false;  ///< ahead of all others, instead of behind
    int yields = 0;         ///< how often to yield, without a deadline, before going to sleep
};

/// core::park with the node, the kind and the options chosen by the caller.
template <class Validate, class BeforeSleep, class TimedOut>
[[nodiscard]] core::ParkResult park(Waiter& self, const Key& key, ParkOptions options,
                                    Deadline deadline, Validate&& validate,
                                    BeforeSleep&& before_sleep, TimedOut&& timed_out) noexcept {
    static_assert(NoexceptCallback<Validate> && NoexceptCallback<BeforeSleep> &&
                      NoexceptCallback<TimedOut, const void*, bool>,
                  "callbacks of park must be noexcept: they run while the thread is being queued");
    self.rearm();
    {
        const LockedBucket bucket{key.address};
        if (!validate()) return {core::ParkStatus::Invalid, {}};
        bucket.enqueue(self, key, options.at_front);
    }
    before_sleep();
    if (!self.sleep(deadline, Spin{{.pauses = 0, .yields = options.yields}, deadline})) {
        if (leave_queue(self, timed_out)) return {core::ParkStatus::TimedOut, {}};
        self.sleep_until_notified();
    }
    return {core::ParkStatus::Unparked, self.unpark_token};
}

/// core::unpark_filter for a key of any kind. The one walk over a queue that takes waiters from it.
template <class Filter, class Callback>
core::UnparkResult unpark_filter(const Key& key, Filter&& filter, Callback&& callback) noexcept {
    static_assert(
        NoexceptCallback<Filter, core::ParkToken> && NoexceptCallback<Callback, core::UnparkResult>,
        "callbacks of unpark must be noexcept: they run while threads are being dequeued");
    TakenWaiters taken;
    core::UnparkResult result;
    {
        const LockedBucket bucket{key.address};
        for (Waiter* waiter = bucket.queues().find(key); waiter != nullptr;) {
            Waiter* const next = WaiterQueues::following(*waiter);
            const core::FilterOp op = filter(waiter->park_token);
            if (op == core::FilterOp::Stop) break;
            if (op == core::FilterOp::Unpark) taken.add(bucket.queues(), *waiter);
            waiter = next;
        }
        result.unparked = taken.count();
        result.have_more = bucket.queues().find(key) != nullptr;
        taken.give_token(callback(result));
    }
    taken.notify_all();
    return result;
}

/// Unparks the first `limit` threads, or as many as there are; otherwise as unpark_filter.
template <class Callback>
core::UnparkResult unpark_some(const Key& key, std::size_t limit, Callback&& callback) noexcept {
    auto the_first = [limit](core::ParkToken) mutable noexcept {
        if (limit == 0) return core::FilterOp::Stop;
        --limit;
        return core::FilterOp::Unpark;
    };
    return unpark_filter(key, the_first, callback);
}

/// core::unpark_one for a key of any kind.
template <class Callback>
core::UnparkResult unpark_one(const Key& key, Callback&& callback) noexcept {
    return unpark_some(key, 1, callback);
}

/// core::unpark_all for a key of any kind.
inline std::size_t unpark_all(const Key& key, core::UnparkToken token) noexcept {
    auto every_one = [](core::ParkToken) noexcept { return core::FilterOp::Unpark; };
    auto with_token = [token](core::UnparkResult) noexcept { return token; };
    return unpark_filter(key, every_one, with_token).unparked;
}

/// Takes up to one waiter of `from` for waking and moves up to `requeue_limit` others to `to`.
/// Requires both bucket locks.
inline core::UnparkResult take_and_requeue(TakenWaiters& taken, const Key& from, const Key& to,
                                           bool unpark_first, std::size_t requeue_limit) noexcept {
    Bucket& source = table().bucket_of(from.address);
    Bucket& target = table().bucket_of(to.address);
    core::UnparkResult result;
    if (from == to) requeue_limit = 0;  // nowhere to go: appending would never end
    Waiter* waiter = source.queues.find(from);
    if (unpark_first && waiter != nullptr) {
        taken.add(source.queues, *waiter);
        result.unparked = 1;
        waiter = source.queues.find(from);
    }
    while (waiter != nullptr && result.requeued < requeue_limit) {
        Waiter* const next = WaiterQueues::following(*waiter);
        source.queues.remove(*waiter);
        waiter->key = to;
        waiter->bucket.store(&target, std::memory_order_relaxed);  // as in LockedBucket::enqueue
        target.queues.push_back(*waiter);
        ++result.requeued;
        waiter = next;
    }
    result.have_more = waiter != nullptr;
    return result;
}

/// core::unpark_requeue for keys of any kind.
template <class Validate, class Callback>
core::UnparkResult unpark_requeue(const Key& from, const Key& to, Validate&& validate,
                                  Callback&& callback) noexcept {
    using core::RequeueOp;
    static_assert(
        NoexceptCallback<Validate> && NoexceptCallback<Callback, RequeueOp, core::UnparkResult>,
        "callbacks of unpark must be noexcept: they run while threads are being dequeued");
    TakenWaiters taken;
    core::UnparkResult result;
    {
        const LockedBucketPair buckets{from.address, to.address};
        const RequeueOp op = validate();
        if (op == RequeueOp::Abort) return result;
        const bool unpark = op == RequeueOp::UnparkOne || op == RequeueOp::UnparkOneRequeueRest;
        const std::size_t requeue_limit = op == RequeueOp::UnparkOne    ? 0
                                          : op == RequeueOp::RequeueOne ? 1
                                                                        : ~std::size_t{0};
        result = take_and_requeue(taken, from, to, unpark, requeue_limit);
        taken.give_token(callback(op, result));
    }
    taken.notify_all();
    return result;
}

}  // namespace detail

/// Parking and unparking by address: everything needed to build a lock of your own.
///
/// A lock keeps its state in an atomic word of its own, as small as it likes, and the threads that
/// wait for it park at its address. The address is only a key: it is never dereferenced. Choose
/// addresses inside objects you own, so that two users never share one.
///
/// The rule that makes a lock correct: *change the state before you unpark, and check it in
/// `validate`*. Both run under the lock of the queue, so a thread either sees the new state and
/// does not sleep, or is in the queue when the waker looks.
///
/// A binary semaphore:
/// ~~~
/// std::atomic<bool> available{false};
/// void acquire() {
///     while (!available.exchange(false)) {
///         (void)core::park(&available, [&]() noexcept { return !available.load(); },
///                          []() noexcept {}, [](const void*, bool) noexcept {});
///     }
/// }
/// void release() {
///     available.store(true);
///     core::unpark_one(&available, [](core::UnparkResult) noexcept { return UnparkToken{}; });
/// }
/// ~~~
///
/// Callbacks must be noexcept. Those said to run "with the queue locked" must be short and must not
/// park, unpark or lock anything of this library. Nothing here allocates; waiters live on the
/// stacks of the parked threads. No function wakes a thread that was not asked for: park() returns
/// Unparked only when an unpark chose this thread.
namespace core {

/// Parks the calling thread at `address` until an unpark chooses it or `deadline` passes.
///
/// - `validate() -> bool`, with the queue locked: whether to sleep at all.
/// - `before_sleep()`, after queueing, queue unlocked: may unpark others or unlock things; must not
///   park.
/// - `timed_out(const void* address, bool was_last)`, with the queue locked, when the deadline won:
///   `address` is where the thread was parked last (a requeue may have moved it), `was_last` tells
///   that no one else is parked there.
///
/// An unpark that comes at the same time as the deadline wins. FIFO among the threads of one
/// address. Blocks. O(1) in the number of parked threads.
template <class Validate, class BeforeSleep, class TimedOut>
[[nodiscard]] ParkResult park(const void* address, Validate&& validate, BeforeSleep&& before_sleep,
                              TimedOut&& timed_out, ParkToken token = {},
                              Deadline deadline = Deadline::never()) noexcept {
    detail::Waiter self{token};
    return detail::park(self, {address, detail::Kind::User}, {}, deadline, validate, before_sleep,
                        timed_out);
}

/// Unparks the thread that has been parked at `address` longest, if any.
///
/// `callback(UnparkResult) -> UnparkToken` runs with the queue locked, also when nobody was parked:
/// the place to write the lock's new state. The thread is woken after the queue is unlocked. O(1).
template <class Callback>
UnparkResult unpark_one(const void* address, Callback&& callback) noexcept {
    return detail::unpark_one({address, detail::Kind::User}, callback);
}

/// Unparks every thread parked at `address`, in order, and returns how many. O(threads woken).
inline std::size_t unpark_all(const void* address, UnparkToken token = {}) noexcept {
    return detail::unpark_all({address, detail::Kind::User}, token);
}

/// Asks `filter(ParkToken) -> FilterOp` about each thread parked at `address`, oldest first, and
/// unparks those it chooses. `callback` as in unpark_one. Both run with the queue locked.
template <class Filter, class Callback>
UnparkResult unpark_filter(const void* address, Filter&& filter, Callback&& callback) noexcept {
    return detail::unpark_filter({address, detail::Kind::User}, filter, callback);
}

/// Moves threads from the queue of `from` to that of `to` without waking them, and may wake one:
/// how a condition variable hands its waiters to a mutex.
///
/// `validate() -> RequeueOp` and then `callback(RequeueOp, UnparkResult) -> UnparkToken` run with
/// both queues locked; after Abort there is no callback. `from` and `to` must differ. O(threads
/// moved).
template <class Validate, class Callback>
UnparkResult unpark_requeue(const void* from, const void* to, Validate&& validate,
                            Callback&& callback) noexcept {
    return detail::unpark_requeue({from, detail::Kind::User}, {to, detail::Kind::User}, validate,
                                  callback);
}

/// Calls `visit(const void* address, ParkToken)` for every parked thread of the process, one bucket
/// locked at a time: for debugging and tests; the picture may be stale when it returns.
template <class Visit>
void for_each_parked(Visit&& visit) noexcept {
    static_assert(detail::NoexceptCallback<Visit, const void*, ParkToken>,
                  "the visitor must be noexcept: it runs with a bucket locked");
    detail::table().for_each_used_bucket([&](detail::Bucket& bucket) noexcept {
        bucket.lock.lock();
        for (auto* head = bucket.queues.first(); head != nullptr; head = head->next_head) {
            for (auto* w = head; w != nullptr; w = detail::WaiterQueues::following(*w)) {
                visit(w->key.address, w->park_token);
            }
        }
        bucket.lock.unlock();
    });
}

}  // namespace core
}  // namespace parking_lot::inline PARKING_LOT_ABI
