// SPDX-License-Identifier: MIT
// ParkedThreads: who is parked, longest first, found without allocating.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/conditions.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What a parked thread's node said while its bucket was locked.
struct ParkedThread {
    const Waiter* node = nullptr;  // only compared: the thread may have gone on meanwhile
    ThreadId thread = kNoThread;
    Key key{};
    core::ParkToken token{};
    Deadline::Clock::time_point since;

    /// Longest parked first. Strict: no two threads are parked by one node.
    friend bool operator<(const ParkedThread& a, const ParkedThread& b) noexcept {
        if (a.since != b.since) return a.since < b.since;
        return std::less<>{}(a.node, b.node);
    }
};

/// How to lock a bucket: waiting for it, or in a signal handler, where it may stay locked.
struct WaitForBucket {
    static bool lock(BucketLock& lock) noexcept {
        lock.lock();
        return true;
    }
    static void unlock(BucketLock& lock) noexcept { lock.unlock(); }
};
struct TryBucket {
    static bool lock(BucketLock& lock) noexcept { return lock.lock_in_signal_handler(); }
    static void unlock(BucketLock& lock) noexcept { lock.unlock_in_signal_handler(); }
};

/// The parked threads of the process in the order of the time they have been parked, some at a
/// time: each call of next() walks the whole table and keeps the first of those not yet seen. A
/// thread that stays parked from the first call to the last is seen once; or not at all, if it is
/// moved from one queue to another meanwhile.
class ParkedThreads {
  public:
    /// The next ones, copied: no bucket is locked when it returns. False when there are no more.
    template <class Locking>
    [[nodiscard]] bool next() noexcept {
        if (count_ != 0) last_seen_ = threads_[count_ - 1];
        count_ = 0;
        std::size_t busy = 0;
        table().for_each_used_bucket([&](Bucket& bucket) noexcept {
            if (!Locking::lock(bucket.lock)) {
                ++busy;
                return;
            }
            const std::size_t keys = add_all(bucket.queues);
            most_keys_in_bucket_ = (std::max)(most_keys_in_bucket_, keys);
            Locking::unlock(bucket.lock);
        });
        busy_buckets_ = (std::max)(busy_buckets_, busy);
        return count_ != 0;
    }

    [[nodiscard]] const ParkedThread* begin() const noexcept { return threads_.data(); }
    [[nodiscard]] const ParkedThread* end() const noexcept { return threads_.data() + count_; }

    /// How many buckets could not be looked into.
    [[nodiscard]] std::size_t busy_buckets() const noexcept { return busy_buckets_; }

    /// How many locks the fullest bucket had waiters of.
    [[nodiscard]] std::size_t most_keys_in_bucket() const noexcept { return most_keys_in_bucket_; }

  private:
    // Few enough for the small stack of a signal handler: 1.5 kB.
    static constexpr std::size_t kAtATime = 32;

    /// Returns how many keys they wait for.
    std::size_t add_all(const WaiterQueues& queues) noexcept {
        std::size_t keys = 0;
        for (const Waiter* head = queues.first(); head != nullptr; head = head->next_head) {
            ++keys;
            for (const Waiter* w = head; w != nullptr; w = WaiterQueues::following(*w)) {
                // One that gave up its condition waits for the lock, by another node.
                const bool is_elsewhere = w->key.kind == Kind::Condition &&
                                          static_cast<const ConditionWaiter*>(w)->gave_up;
                if (!is_elsewhere) add({w, w->thread, w->key, w->park_token, w->parked_since});
            }
        }
        return keys;
    }

    /// Puts it in its place; what is pushed out at the end comes with a later next().
    void add(const ParkedThread& thread) noexcept {
        if (!(last_seen_ < thread)) return;
        const auto is_same = [&](const ParkedThread& other) { return other.node == thread.node; };
        if (std::any_of(threads_.data(), threads_.data() + count_, is_same)) return;
        if (count_ == kAtATime) {
            if (!(thread < threads_[count_ - 1])) return;
            --count_;
        }
        auto* const end = threads_.data() + count_;
        auto* const place = std::upper_bound(threads_.data(), end, thread);
        std::move_backward(place, end, end + 1);
        *place = thread;
        ++count_;
    }

    std::array<ParkedThread, kAtATime> threads_{};
    std::size_t count_ = 0;
    ParkedThread last_seen_{};  // before all others at first
    std::size_t busy_buckets_ = 0;
    std::size_t most_keys_in_bucket_ = 0;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
