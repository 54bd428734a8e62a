// SPDX-License-Identifier: MIT
// report_deadlocks and DeadlockWatchdog: find threads that wait for each other for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform/process.hpp"

#if PARKING_LOT_CHECKED && !PARKING_LOT_USE_STD
#include "parking_lot/detail/deadlock_finder.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Prints each deadlock to `out` unless that is null, and returns how many there are. Hidden: a
/// static variable that modules share would keep them from being unloaded.
PARKING_LOT_HIDDEN inline std::size_t find_deadlocks([[maybe_unused]] std::FILE* out) noexcept {
#if PARKING_LOT_CHECKED && !PARKING_LOT_USE_STD
    static constinit DeadlockFinder finder;  // too large for every stack
    ledger().deadlock_search.lock();
    const std::size_t count = finder.find(out);
    ledger().deadlock_search.unlock();
    return count;
#else
    return 0;
#endif
}

/// Whether this program can know of deadlocks. If not, says so.
inline bool can_find_deadlocks(std::FILE* out) noexcept {
    if (PARKING_LOT_CHECKED != 0 && PARKING_LOT_USE_STD == 0) return true;
    std::fputs(
        "parking_lot: deadlocks can only be found in a program that is compiled with "
        "PARKING_LOT_CHECKED=1 and without PARKING_LOT_USE_STD\n",
        out);
    std::fflush(out);
    return false;
}

}  // namespace detail

/// Prints to `out` every deadlock there is among the threads of the process, and returns how many.
/// Each circle of waiting threads is one: thread by thread it tells which lock it waits for, in
/// which mode, since when and where in the code, and who holds that lock, and locked it where.
///
/// Only in programs compiled with PARKING_LOT_CHECKED; others print a sentence that says so, and
/// get 0. It sees waits without a limit for mutexes and RwLocks of this library: readers, writers
/// and upgraders, also those that a Condvar or await() makes lock again; and for the work of a
/// Once, OnceCell or Lazy. A wait for a notification, a Semaphore or a Latch is no deadlock, as any
/// thread may end it. Who locked counts as the holder, even if it gave its guard to another thread.
///
/// What it reports is a deadlock, for certain, unless guards were given away: a thread that has
/// given its guard to another, which can still unlock it, counts as the holder all the same.
/// It does not stop any thread, takes none of the program's locks, and allocates nothing itself.
/// For each thread that waits while it holds a lock it looks at the records of all others.
///
/// Where a lock was locked is one place in the code; with the environment variable
/// PARKING_LOT_STACKS set, a whole stack, which each lock() then takes a microsecond or more for.
inline std::size_t report_deadlocks(std::FILE* out = stderr) noexcept {
    return detail::can_find_deadlocks(out) ? detail::find_deadlocks(out) : 0;
}

/// What a DeadlockWatchdog does when it finds one.
enum class OnDeadlock {
    Abort,   ///< reports it and aborts
    Report,  ///< reports it, and again when there are more
};

/// Looks for deadlocks now and then, in a thread of its own, and reports them to stderr as
/// report_deadlocks() does. Without PARKING_LOT_CHECKED it says that it cannot, and does nothing.
/// ~~~
/// int main() {
///     const parking_lot::DeadlockWatchdog watchdog{std::chrono::seconds{1}};
/// ~~~
/// It looks for the first time after `interval`. A forked child has none; to destroy it there does
/// nothing.
class DeadlockWatchdog {
  public:
    /// Throws std::system_error if there can be no thread.
    explicit DeadlockWatchdog(std::chrono::milliseconds interval,
                              OnDeadlock action = OnDeadlock::Abort)
        : interval_{interval}, action_{action} {
        if (!detail::can_find_deadlocks(stderr)) return;
        watch_ = std::make_unique<Watch>();
        watch_->thread = std::thread{[this]() { watch(); }};
    }
    DeadlockWatchdog(const DeadlockWatchdog&) = delete;
    DeadlockWatchdog& operator=(const DeadlockWatchdog&) = delete;

    /// Blocks until the thread has ended: at once, unless it is printing a report.
    ~DeadlockWatchdog() {
        if (watch_ == nullptr) return;
        if (detail::platform::process_id() != process_) {
            // Of a thread that is not there. To destroy what it waits for would wait for it.
            (void)watch_.release();
            return;
        }
        {
            const std::lock_guard guard{watch_->mutex};
            watch_->is_over = true;
        }
        watch_->over.notify_one();
        watch_->thread.join();
    }

  private:
    /// The standard library's, so that watching takes no part in what is watched.
    struct Watch {
        std::mutex mutex;
        std::condition_variable over;
        bool is_over = false;
        std::thread thread;
    };

    void watch() {
        std::size_t reported = 0;
        std::unique_lock guard{watch_->mutex};
        while (!watch_->over.wait_for(guard, interval_, [this]() { return watch_->is_over; })) {
            std::size_t found = detail::find_deadlocks(nullptr);
            if (found > reported) {
                found = detail::find_deadlocks(stderr);
                if (found != 0 && action_ == OnDeadlock::Abort) std::abort();
            }
            reported = found;
        }
    }

    const std::chrono::milliseconds interval_;
    const OnDeadlock action_;
    const long process_ = detail::platform::process_id();
    std::unique_ptr<Watch> watch_;
};

}  // namespace parking_lot::inline PARKING_LOT_ABI
