// SPDX-License-Identifier: MIT
// StdCondvar: std::condition_variable_any with the interface of ParkingCondvar.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <utility>

#include "parking_lot/deadline.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What Condvar is made of with PARKING_LOT_USE_STD. As std's, it may return without a
/// notification, and is neither constant-initialized nor trivially destructible; what it says about
/// how many it notified is a count of those who waited then.
class StdCondvar {
    using enum std::memory_order;

  public:
    template <class HeldLock>
    bool wait(HeldLock lock, Deadline deadline) noexcept {
        count_one();
        if (deadline.is_never()) {
            condition_.wait(lock);
            return true;
        }
        if (condition_.wait_until(lock, time_of(deadline)) == std::cv_status::no_timeout) {
            return true;
        }
        forget_one();
        return false;
    }

    template <class HeldLock, class Clock, class Duration>
    bool wait(HeldLock lock, const std::chrono::time_point<Clock, Duration>& time) noexcept {
        return attempt_until(time, [&](Deadline deadline) { return wait(lock, deadline); });
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    template <class HeldLock>
    bool wait(HeldLock lock, std::stop_token stop, Deadline deadline) noexcept {
        count_one();
        bool has_waited = false;
        auto only_once = [&has_waited]() noexcept { return std::exchange(has_waited, true); };
        const bool notified = deadline.is_never()
                                  ? condition_.wait(lock, stop, only_once)
                                  : condition_.wait_until(lock, stop, time_of(deadline), only_once);
        if (notified && !stop.stop_requested() && !deadline.has_passed()) return true;
        forget_one();
        return false;
    }

    template <class HeldLock, class Clock, class Duration>
    bool wait(HeldLock lock, std::stop_token stop,
              const std::chrono::time_point<Clock, Duration>& time) noexcept {
        bool notified = false;
        (void)attempt_until(time, [&](Deadline deadline) {
            notified = wait(lock, stop, deadline);
            return notified || stop.stop_requested();
        });
        return notified;
    }
#endif

    bool notify_one() noexcept {
        const bool was_waiting = forget_one();
        condition_.notify_one();
        return was_waiting;
    }

    std::size_t notify_all() noexcept {
        const std::size_t were_waiting = waiting_.exchange(0, relaxed);
        condition_.notify_all();
        return were_waiting;
    }

  private:
    static Deadline::Clock::time_point time_of(Deadline deadline) noexcept {
        return (std::max)(deadline.time(), Deadline::Clock::time_point{});
    }

    void count_one() noexcept { waiting_.fetch_add(1, relaxed); }

    /// Not below zero: notified threads do not count themselves out, as this may be gone by then.
    bool forget_one() noexcept {
        std::size_t waiting = waiting_.load(relaxed);
        while (waiting != 0 &&
               !waiting_.compare_exchange_weak(waiting, waiting - 1, relaxed, relaxed)) {
        }
        return waiting != 0;
    }

    std::atomic<std::size_t> waiting_{0};
    std::condition_variable_any condition_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
