// SPDX-License-Identifier: MIT
// Waiter: the node of a parked thread, on that thread's own stack.
#pragma once

#include <atomic>
#include <cstdint>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/platform.hpp"
#include "parking_lot/detail/spin.hpp"
#include "parking_lot/detail/thread_id.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

namespace core {

/// What a parking thread tells those who look at the queue (unpark_filter, for_each_parked).
struct ParkToken {
    std::uintptr_t value = 0;
    friend bool operator==(ParkToken, ParkToken) = default;
};

/// What a waking thread tells the one it wakes.
struct UnparkToken {
    std::uintptr_t value = 0;
    friend bool operator==(UnparkToken, UnparkToken) = default;
};

}  // namespace core

namespace detail {

struct Bucket;
struct Conditions;  // a friend of the locks that have conditions: detail/conditions.hpp
struct Metering;    // of those it waits for: detail/metering.hpp
struct Requeue;     // of those it moves waiters to: detail/requeue.hpp

/// What lives at an address. A lock's unlock wakes by address after the lock may be gone: when the
/// memory by then belongs to something else, that wake must not reach its waiters. Those of another
/// lock with the same state word re-check and park again, so among these a stray wake is harmless.
/// RwLockDrain is the queue of a writer that has claimed an RwLock and waits for its readers.
/// Condition is the ring of those who have released a lock until a predicate holds.
enum class Kind : std::uint8_t {
    User,
    ByteMutex,
    WordMutex,
    Once,
    Condvar,
    RwLock,
    RwLockDrain,
    Condition,
    Semaphore,
    Latch,
};

/// What threads park on: an address, and what kind of object lives there.
struct Key {
    const void* address = nullptr;
    Kind kind = Kind::User;
    friend bool operator==(const Key&, const Key&) = default;
};

/// One parked thread. Links, key, `queued` and tokens are guarded by the lock of `bucket`.
///
/// A node leaves its queue exactly once: taken by a waker (who then calls notify(), its last touch)
/// or unlinked by its own thread after a time-out. The bucket lock decides which.
class Waiter {
    using enum std::memory_order;

  public:
    explicit Waiter(core::ParkToken token = {}) noexcept : park_token{token} {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // Links of WaiterQueues: a ring of those with the same key, and, in the ring's head only, the
    // list of the bucket's heads.
    Waiter* next = nullptr;
    Waiter* previous = nullptr;
    Waiter* next_head = nullptr;
    Waiter* previous_head = nullptr;
    bool is_head = false;
    bool queued = false;

    Key key;
    core::ParkToken park_token;
    core::UnparkToken unpark_token;

    // Who waits, and since when: for those who look for stuck threads. Written by that thread
    // itself, while it is not queued.
    const ThreadId thread = this_thread_id();
    Deadline::Clock::time_point parked_since;  // zero until it first parks

    // Written under the lock of the bucket it names (of both, when a requeue moves the waiter);
    // read without it by LockedBucket, which locks and looks again.
    std::atomic<Bucket*> bucket{nullptr};

    /// Notes the time, if it is the first time. Call while the node is not queued.
    void note_parking() noexcept {
        if (parked_since == Deadline::Clock::time_point{}) parked_since = Deadline::Clock::now();
    }

    /// Whether the first park began longer ago than `duration`. If there was none, it begins now.
    [[nodiscard]] bool has_parked_for(Deadline::Clock::duration duration) noexcept {
        note_parking();
        return Deadline::Clock::now() - parked_since > duration;
    }

    /// Makes the node ready for the next park. Call while it is not queued.
    void rearm() noexcept {
        note_parking();
        // relaxed: nobody else knows the node but cancel(), whose bit is kept.
        signal_.fetch_and(kCancelled, relaxed);
    }

    /// Waits until notify(), cancel() or the deadline, first awake while `spin` lasts, then asleep.
    /// True when notified.
    bool sleep(Deadline deadline, Spin spin) noexcept {
        // relaxed: only whether to go on spinning; sleep_until looks again.
        while ((signal_.load(relaxed) & (kNotified | kCancelled)) == 0 && spin.once()) {
        }
        return sleep_until(deadline, kNotified | kCancelled);
    }

    /// Sleeps until notify(): for one who was taken from the queue while it was timing out.
    void sleep_until_notified() noexcept { sleep_until(Deadline::never(), kNotified); }

    /// Ends sleep(). Call after taking the node from its queue and releasing the bucket lock.
    void notify() noexcept { raise(kNotified); }

    /// Makes this and every later sleep() return at once, as if its deadline had passed. The only
    /// function that a thread other than the waker may call; the node must outlive the call.
    void cancel() noexcept { raise(kCancelled); }

    /// Whether cancel() was called.
    [[nodiscard]] bool is_cancelled() const noexcept {
        // relaxed: a stop request publishes nothing.
        return (signal_.load(relaxed) & kCancelled) != 0;
    }

  private:
    // signal_                                      set by          cleared by
    //   kNotified   taken from the queue           waker           rearm
    //   kCancelled  give up waiting                cancel          never
    //   kAsleep     the thread is in the futex     sleep_until     rearm
    // May be wrong: kAsleep while awake (a wasted wake). Never: asleep without kAsleep.
    static constexpr std::uint32_t kNotified = 1;
    static constexpr std::uint32_t kCancelled = 2;
    static constexpr std::uint32_t kAsleep = 4;

    void raise(std::uint32_t bit) noexcept {
        const void* const address = &signal_;
        // [W1] release: the waker's writes, and its tokens, are seen by the woken thread [W2]. The
        // node may be gone right after: from here only its address is used.
        if ((signal_.fetch_or(bit, release) & kAsleep) != 0) platform::Sleeping::wake_one(address);
    }

    bool sleep_until(Deadline deadline, std::uint32_t wake_bits) noexcept {
        // [W2] acquire: pairs with [W1].
        std::uint32_t signal = signal_.load(acquire);
        for (;;) {
            if ((signal & wake_bits) != 0) return (signal & kNotified) != 0;
            if ((signal & kAsleep) == 0) {
                signal_.compare_exchange_strong(signal, signal | kAsleep, relaxed, relaxed);
            } else if (!platform::Sleeping::wait(signal_, signal, deadline)) {
                return (signal_.load(acquire) & kNotified) != 0;  // [W2]
            }
            signal = signal_.load(acquire);  // [W2]
        }
    }

    std::atomic<std::uint32_t> signal_{0};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
