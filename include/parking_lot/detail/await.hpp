// SPDX-License-Identifier: MIT
// await: waits for a predicate with any raw lock: by the lock's own means, or by polling.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include "parking_lot/deadline.hpp"
#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/detail/std_poll.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Whether `Raw`, held in `Mode`, has a wait for a predicate of its own.
template <class Mode, class Raw>
concept AwaitableMode =
    RawAwaitable<Raw> && requires(Raw& raw, const Deadline& deadline, bool (*predicate)()) {
        Mode::await(raw, deadline, predicate);
    };

/// For all other locks: asks, unlocks, sleeps for up to a millisecond, and locks again.
template <class Mode, class Raw, class Limit, class Predicate>
bool await_by_polling(Raw& raw, const Limit& limit, Predicate& predicate) {
    bool holds_lock = true;
    auto holds_again = [&]() {
        if (!std::exchange(holds_lock, true)) Mode::lock(raw);
        if (predicate()) return true;
        Mode::unlock(raw);
        holds_lock = false;
        return false;
    };
    if (poll(limit, holds_again)) return true;
    Mode::lock(raw);
    return static_cast<bool>(predicate());
}

/// Waits, with `raw` released meanwhile, until `predicate()` holds or the limit is over: a Deadline
/// or a std::stop_token. Returns what the predicate says then. Requires that `raw` is held in
/// `Mode`; it is again when this returns or throws what the predicate threw.
template <class Mode, class Raw, class Limit, class Predicate>
bool await(Raw& raw, const Limit& limit, Predicate& predicate) {
    if constexpr (AwaitableMode<Mode, Raw>) {
        return Mode::await(raw, limit, [&predicate]() { return static_cast<bool>(predicate()); });
    } else {
        return await_by_polling<Mode>(raw, limit, predicate);
    }
}

/// As above, until a point in time on any clock.
template <class Mode, class Raw, class Clock, class Duration, class Predicate>
bool await(Raw& raw, const std::chrono::time_point<Clock, Duration>& time, Predicate& predicate) {
    return attempt_until(time, [&](Deadline d) { return await<Mode>(raw, d, predicate); });
}

/// Waits until `predicate(data)` holds, or until the limit is over.
template <class Mode, class Raw, class Limit, class T, class Predicate>
bool await_data(Raw& raw, const Limit& limit, const T& data, Predicate& predicate) {
    auto holds = [&]() { return static_cast<bool>(std::invoke(predicate, data)); };
    return await<Mode>(raw, limit, holds);
}

/// Locks, or gives up at the limit.
template <class Mode, class Raw>
bool lock_within(Raw& raw, const Deadline& deadline) {
    return Mode::try_lock(raw) || Mode::try_lock_until(raw, deadline);
}
template <class Mode, class Raw, class Clock, class Duration>
bool lock_within(Raw& raw, const std::chrono::time_point<Clock, Duration>& time) {
    return attempt_until(time, [&raw](Deadline d) { return lock_within<Mode>(raw, d); });
}
#if PARKING_LOT_HAS_STOP_TOKEN
template <class Mode, class Raw>
bool lock_within(Raw& raw, const std::stop_token& stop) {
    return Mode::lock(raw, stop);
}
#endif

/// Locks and waits until `predicate(data)` holds: what `adopt()` makes of the lock then, a guard.
/// Nothing if the limit was over before.
template <class Mode, class Raw, class Limit, class Adopt, class Predicate>
[[nodiscard]] auto lock_when(Raw& raw, const Limit& limit, Adopt adopt, Predicate& predicate) {
    std::optional<decltype(adopt())> guard;
    if (!lock_within<Mode>(raw, limit)) return guard;
    guard.emplace(adopt());
    if (!await_data<Mode>(raw, limit, **guard, predicate)) guard.reset();
    return guard;
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
