// SPDX-License-Identifier: MIT
// PassingOn: what unlocking tells the threads that wait, with any lock.
#pragma once

#include <chrono>

#include "parking_lot/core.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// What MutexCore and RwLockCore have in common.
struct PassingOn {
    // Tokens to a woken thread: the lock is yours / try again, and whether others still wait.
    PARKING_LOT_HIDDEN static constexpr core::UnparkToken kRetry{0};
    PARKING_LOT_HIDDEN static constexpr core::UnparkToken kRetryMoreWait{1};
    PARKING_LOT_HIDDEN static constexpr core::UnparkToken kHandedOff{2};

    static core::UnparkToken retry_token(core::UnparkResult result) noexcept {
        return result.have_more ? kRetryMoreWait : kRetry;
    }

    /// How long a thread that was woken lets others overtake it before it asks for a hand-off.
    PARKING_LOT_HIDDEN static constexpr std::chrono::microseconds kPatience{500};
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
