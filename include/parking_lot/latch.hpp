// SPDX-License-Identifier: MIT
// Latch: a countdown that threads wait for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/parked_count.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#include <utility>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

/// Counts down to zero once; until then, those who wait sleep. With a count of one, an event.
///
/// Four bytes, constinit, trivially destructible; never allocates, never throws. May be destroyed
/// as soon as no thread waits and the count is zero, even while the last count_down() has not
/// returned yet. What was done before a count_down is seen after a wait. The same with
/// PARKING_LOT_USE_STD.
///
/// Any thread may count down, so checked builds find no deadlock that a latch is part of.
class Latch {
    using enum std::memory_order;

  public:
    /// `count` is at most 2^31 - 1. With zero, nobody ever waits.
    explicit constexpr Latch(std::uint32_t count) noexcept : count_{count} {}
    Latch(const Latch&) = delete;
    Latch& operator=(const Latch&) = delete;

    /// Counts down by `steps`, which must not be more than are left (checked builds report it), and
    /// at zero wakes all who wait. Never blocks.
    void count_down(std::uint32_t steps = 1) noexcept {
        Count& count = count_;
        // [C1] release: pairs with [C2]. The latch may be gone after it, if this is the last.
        const Word before = count.word.fetch_sub(steps * Count::kOne, release);
        detail::check(steps <= before / Count::kOne, "counted below zero", "parking_lot::Latch",
                      this);
        if (before - steps * Count::kOne == Count::kParked) count.wake(~std::size_t{0});
    }

    /// Whether the count is zero. Never blocks.
    [[nodiscard]] bool try_wait() const noexcept {
        // [C2] acquire: pairs with [C1] of all, as each continues what the others have released.
        return is_open(count_.word.load(acquire));
    }

    /// Waits, asleep, until the count is zero.
    void wait() noexcept {
        if (!try_wait()) (void)wait_slow(Deadline::never());
    }

    /// Waits until the count is zero, or `deadline` has passed. Returns whether it is zero.
    [[nodiscard]] bool wait_until(Deadline deadline) noexcept {
        return try_wait() || wait_slow(deadline);
    }
    template <class Clock, class Duration>
    [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& time) {
        return attempt_until(time, [this](Deadline d) { return wait_until(d); });
    }
    /// Zero or negative: as try_wait().
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& duration) {
        return try_wait() || wait_slow(Deadline::after(duration));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Waits until the count is zero, or a stop is requested. Returns whether it is zero.
    [[nodiscard]] bool wait(std::stop_token stop) {
        if (try_wait()) return true;
        detail::Waiter self;
        const std::stop_callback wake_up{std::move(stop), [&self]() noexcept { self.cancel(); }};
        return wait_slow(self, Deadline::never());
    }
#endif

    /// count_down(steps), then wait().
    void arrive_and_wait(std::uint32_t steps = 1) noexcept {
        count_down(steps);
        wait();
    }

  private:
    using Count = detail::ParkedCount<detail::Kind::Latch>;
    using Word = Count::Word;

    static constexpr bool is_open(Word state) noexcept { return state < Count::kOne; }

    PARKING_LOT_COLD bool wait_slow(Deadline deadline) noexcept {
        detail::Waiter self;
        return wait_slow(self, deadline);
    }

    bool wait_slow(detail::Waiter& self, Deadline deadline) noexcept {
        return count_.wait(self, deadline, is_open, [this]() noexcept { return try_wait(); });
    }

    Count count_;
};

static_assert(sizeof(Latch) == 4);

}  // namespace parking_lot::inline PARKING_LOT_ABI
