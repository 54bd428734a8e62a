// SPDX-License-Identifier: MIT
// BucketLock and Bucket: a cache line of the parking table.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "parking_lot/detail/platform.hpp"
#include "parking_lot/detail/queue.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// A small lock that sleeps on the platform directly: what the parking table itself is locked with.
///
/// Held for some tens of instructions; not fair. Lives as long as the process, so that an unlock
/// may touch it after releasing it.
///
/// Its functions, and those that are called while it is held, are hidden: to bind the name of a
/// function lazily, the dynamic loader may have to wait for a thread that loads a module, which may
/// be waiting for this lock. In builds without optimization some of the standard library's are not.
class BucketLock {
    using enum std::memory_order;

  public:
    constexpr BucketLock() noexcept = default;

    PARKING_LOT_HIDDEN void lock() noexcept {
        if (!try_lock()) [[unlikely]]
            lock_slow();
    }

    [[nodiscard]] PARKING_LOT_HIDDEN bool try_lock() noexcept {
        std::uint32_t free = kFree;
        // [B1] acquire: pairs with [B2]. Also release: a forked child that finds the lock held
        // finds its page marked as used (Table::bucket_of), too.
        return state_.compare_exchange_strong(free, kLocked, acq_rel, relaxed);
    }

    PARKING_LOT_HIDDEN void unlock() noexcept {
        // [B2] release: publishes the bucket's queues to the next holder [B1].
        if (state_.exchange(kFree, release) == kLockedWithSleepers) [[unlikely]] {
            platform::Sleeping::wake_one(&state_);
        }
    }

    /// lock() for signal handlers: gives up after some tens of microseconds, as the holder may be
    /// the interrupted thread, which cannot go on.
    [[nodiscard]] PARKING_LOT_HIDDEN bool lock_in_signal_handler() noexcept {
        for (int spin = 0; spin < kSpinsInSignalHandler; ++spin) {
            std::uint32_t free = kFree;
            if (state_.compare_exchange_strong(free, kLocked, acq_rel, relaxed))
                return true;  // [B1]
            platform::cpu_relax();
        }
        return false;
    }

    /// unlock() for signal handlers. A platform that cannot wake there does not sleep for long.
    PARKING_LOT_HIDDEN void unlock_in_signal_handler() noexcept {
        if (state_.exchange(kFree, release) == kLockedWithSleepers &&  // [B2]
            platform::Sleeping::kWakesInSignalHandlers) {
            platform::Sleeping::wake_one(&state_);
        }
    }

    /// Frees the lock whoever holds it: in a forked child the holder does not exist.
    PARKING_LOT_HIDDEN void reset_after_fork() noexcept {
        // Read first: storing to each bucket would make the child copy every page of the table.
        if (state_.load(relaxed) != kFree) state_.store(kFree, relaxed);
    }

    /// Whether some thread holds the lock. Out of date when it returns, but for a forked child.
    [[nodiscard]] PARKING_LOT_HIDDEN bool is_locked() const noexcept {
        return state_.load(relaxed) != kFree;
    }

  private:
    // state_                                                set by             cleared by
    //   kFree                nobody holds it                unlock             lock
    //   kLocked              held, nobody sleeps            lock               unlock
    //   kLockedWithSleepers  held, somebody may sleep       lock_slow          unlock
    // May be wrong: kLockedWithSleepers with nobody asleep (a wasted wake).
    // Never: somebody asleep for good while the word is kLocked.
    static constexpr std::uint32_t kFree = 0;
    static constexpr std::uint32_t kLocked = 1;
    static constexpr std::uint32_t kLockedWithSleepers = 2;

    // Longer than a holder that is running needs; a descheduled one is worth sleeping for.
    static constexpr int kSpins = 100;
    static constexpr int kSpinsInSignalHandler = 1000;

    PARKING_LOT_COLD PARKING_LOT_HIDDEN void lock_slow() noexcept {
        for (int spin = 0; spin < kSpins; ++spin) {
            std::uint32_t state = state_.load(relaxed);
            if (state == kFree && state_.compare_exchange_weak(state, kLocked, acq_rel, relaxed)) {
                return;  // [B1]
            }
            if (state == kLockedWithSleepers) break;
            platform::cpu_relax();
        }
        // Takes the lock as "with sleepers", as it cannot know whether it was the only one.
        while (state_.exchange(kLockedWithSleepers, acq_rel) != kFree) {  // [B1]
            platform::Sleeping::wait(state_, kLockedWithSleepers, Deadline::never());
        }
    }

    std::atomic<std::uint32_t> state_{kFree};
};

/// Says when it is the waiters' turn: at most once in kInterval, for all locks of the bucket.
///
/// Between turns a lock may be overtaken by running threads, which is what makes it fast; each turn
/// gives it to the thread that has waited longest. bench/ chose the interval: `compare --only
/// contended` shows longest wait and throughput, which shorter and longer ones trade.
class FairTimer {
  public:
    /// Requires the bucket's lock.
    [[nodiscard]] PARKING_LOT_HIDDEN bool is_due() noexcept {
        const auto now = Deadline::Clock::now().time_since_epoch();
        if (now < next_turn_) return false;
        next_turn_ = now + kInterval;
        return true;
    }

  private:
    PARKING_LOT_HIDDEN static constexpr std::chrono::microseconds kInterval{500};

    Deadline::Clock::duration next_turn_{0};
};

/// One cache line of the table: the queues of all keys that hash here, and their lock.
struct alignas(64) Bucket {
    BucketLock lock;
    WaiterQueues queues;
    FairTimer fair_timer;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
