// SPDX-License-Identifier: MIT
// Semaphore: a number of permits that threads take and give back.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/parked_count.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#include <utility>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// Permits that any thread may take and any thread may give back: how many may use something at
/// once, or a signal that is not lost when it comes early.
///
/// Four bytes, constinit, trivially destructible; never allocates, never throws. Those who wait are
/// woken in the order they came, but running threads may be faster. May be destroyed as soon as no
/// thread waits, even while a release() has not returned yet. What was done before a release is
/// seen after the acquire that takes its permit. The same with PARKING_LOT_USE_STD.
///
/// Nobody holds a permit: any thread may release one. So checked builds know no order of a
/// semaphore and locks, and find no deadlock that one is part of.
class Semaphore {
    using Count = detail::ParkedCount<detail::Kind::Semaphore>;
    using Word = Count::Word;

  public:
    /// The most permits there may be: 2^31 - 1.
    static constexpr std::uint32_t kMax = Count::kMost;

    explicit constexpr Semaphore(std::uint32_t permits) noexcept : count_{permits} {}
    Semaphore(const Semaphore&) = delete;
    Semaphore& operator=(const Semaphore&) = delete;

    /// Takes a permit, sleeping while there is none.
    void acquire() noexcept {
        if (!try_acquire()) [[unlikely]]
            (void)acquire_slow(Deadline::never());
    }

    /// Takes a permit if there is one. Never blocks.
    [[nodiscard]] bool try_acquire() noexcept {
        Word state = count_.word.load(std::memory_order_relaxed);
        while (has_permit(state)) {
            // [S1] acquire: pairs with [S2].
            if (count_.word.compare_exchange_weak(state, state - Count::kOne,
                                                  std::memory_order_acquire,
                                                  std::memory_order_relaxed)) {
                return true;
            }
        }
        return false;
    }

    /// Takes a permit, or returns false once `deadline` has passed. One that is there is taken even
    /// then.
    [[nodiscard]] bool try_acquire_until(Deadline deadline) noexcept {
        return try_acquire() || acquire_slow(deadline);
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return try_acquire_until(d); });
    }
    /// Zero or negative: as try_acquire().
    template <class Rep, class Period>
    [[nodiscard]] bool try_acquire_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_acquire() || acquire_slow(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Takes a permit, or returns false once a stop is requested.
    [[nodiscard]] bool acquire(std::stop_token stop) {
        if (try_acquire()) return true;
        detail::Waiter self;
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return acquire_slow(self, Deadline::never());
    }
#endif

    /// Gives back `permits`, and wakes as many threads if they wait. More than kMax in all are an
    /// error, reported in checked builds.
    void release(std::uint32_t permits = 1) noexcept {
        Count& count = count_;
        // [S2] release: pairs with [S1]. The semaphore may be gone after it.
        const Word before = count.word.fetch_add(permits * Count::kOne, std::memory_order_release);
        detail::check(permits <= kMax - before / Count::kOne, "too many permits",
                      "parking_lot::Semaphore", this);
        if ((before & Count::kParked) != 0) [[unlikely]]
            count.wake(permits);
    }

    /// How many permits there are. Out of date when it returns: for tests and assertions.
    [[nodiscard]] std::uint32_t available() const noexcept {
        return count_.word.load(std::memory_order_relaxed) / Count::kOne;
    }

  private:
    static constexpr bool has_permit(Word state) noexcept { return state >= Count::kOne; }

    PARKING_LOT_COLD bool acquire_slow(Deadline deadline) noexcept {
        detail::Waiter self;
        return acquire_slow(self, deadline);
    }

    bool acquire_slow(detail::Waiter& self, Deadline deadline) noexcept {
        return count_.wait(self, deadline, has_permit, [this]() noexcept { return try_acquire(); });
    }

    Count count_;
};

static_assert(sizeof(Semaphore) == 4);

}  // namespace parking_lot::inline PARKING_LOT_ABI
