// SPDX-License-Identifier: MIT
// ParkedCount: a counter that threads wait for, with a bit that says so.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/checked.hpp"
#include "parking_lot/detail/spin.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The count of a Semaphore or a Latch. Whoever changes it by a read-modify-write learns from the
/// same operation whether threads are parked; after it the object may be gone, and only its address
/// counts.
///
/// The word is the count times kOne, and kParked. kParked is set exactly while threads are queued:
/// it is set when one parks and cleared when the last leaves, both under the bucket lock. (In a
/// forked child it may stay, which costs a visit to the bucket.) A waker may clear it because a
/// thread it finds proves that the object is still there: that thread is inside wait(), and cannot
/// leave before it is notified. tests/model/semaphore.pml checks this.
template <Kind kKind>
class ParkedCount {
    using enum std::memory_order;

  public:
    using Word = std::uint32_t;
    static constexpr Word kParked = 1;
    static constexpr Word kOne = 2;
    static constexpr Word kMost = ~Word{0} / kOne;

    explicit constexpr ParkedCount(Word count) noexcept : word{count * kOne} {
        if (PARKING_LOT_CHECKED != 0 && count > kMost) {
            report_misuse("a count that is too high", "parking_lot::Semaphore or Latch", this);
        }
    }

    /// Waits until `attempt() -> bool` succeeds, which it must when `is_ready(word)`. False when
    /// `self` is cancelled or the deadline has passed and an attempt has failed after that.
    template <class Ready, class Attempt>
    bool wait(Waiter& self, Deadline deadline, Ready is_ready, Attempt attempt) noexcept {
        Spin spin{kSpin, deadline};
        bool woken = false;
        for (;;) {
            if (attempt()) return true;
            // Others park already: join them, unless it is this one's turn to try.
            if ((woken || (word.load(relaxed) & kParked) == 0) && spin.once()) continue;
            if (self.is_cancelled() || deadline.has_passed()) return false;
            const core::ParkResult result = park(
                self, {this, kKind}, {.at_front = woken}, deadline,
                [&]() noexcept { return prepare_to_park(is_ready); }, []() noexcept {},
                [this](const void*, bool was_last) noexcept { clear_if(was_last); });
            if (result.status == core::ParkStatus::TimedOut) return attempt();
            if (result.status == core::ParkStatus::Invalid) continue;
            woken = true;
            spin = Spin{kSpinWhenWoken, deadline};
        }
    }

    /// Wakes up to `limit` threads that wait. The object may be gone.
    PARKING_LOT_COLD void wake(std::size_t limit) noexcept {
        unpark_some({this, kKind}, limit, [this](core::UnparkResult result) noexcept {
            clear_if(result.unparked != 0 && !result.have_more);
            return core::UnparkToken{};
        });
    }

    std::atomic<Word> word;

  private:
    // Those of RawMutex.
    static constexpr Spin::Limits kSpin{.pauses = 4, .yields = 10};
    static constexpr Spin::Limits kSpinWhenWoken{.pauses = 0, .yields = 10};

    /// Requires the bucket lock, as does clear_if.
    template <class Ready>
    PARKING_LOT_HIDDEN bool prepare_to_park(Ready is_ready) noexcept {
        Word state = word.load(relaxed);
        do {
            if (is_ready(state)) return false;
            // relaxed: who changes the count reads it from the same word.
        } while (!word.compare_exchange_weak(state, state | kParked, relaxed, relaxed));
        return true;
    }

    void clear_if(bool queue_is_empty) noexcept {
        if (queue_is_empty) word.fetch_and(~kParked, relaxed);
    }
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
