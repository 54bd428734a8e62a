// SPDX-License-Identifier: MIT
// Once: a function that runs exactly once, whichever thread comes first.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <utility>

#include "parking_lot/detail/origin.hpp"
#include "parking_lot/raw_once.hpp"

#if PARKING_LOT_USE_STD
#include "parking_lot/std_once.hpp"
#endif

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

#if PARKING_LOT_USE_STD
using DefaultRawOnce = RawStdOnce;
#else
using DefaultRawOnce = RawOnce;
#endif

namespace detail {

/// One attempt at the work of a once: abandoned unless it succeeds, so also when an exception ends
/// it. Made by the thread that begin() or try_begin() gave the work to.
class OnceAttempt {
  public:
    explicit OnceAttempt(DefaultRawOnce& once) noexcept : once_{&once} {}
    OnceAttempt(const OnceAttempt&) = delete;
    OnceAttempt& operator=(const OnceAttempt&) = delete;
    ~OnceAttempt() {
        if (once_ != nullptr) once_->abandon();
    }

    void succeed() noexcept { std::exchange(once_, nullptr)->complete(); }

  private:
    DefaultRawOnce* once_;
};

}  // namespace detail

/// Runs a function exactly once, however many threads ask for it; what std::once_flag is, in one
/// byte, and more: it can be tried, asked, waited for, and made as done already.
///
/// ~~~
/// constinit parking_lot::Once once;
/// void use() { once.call_once(set_up); ... }   // set_up() has run, and its effects are seen
/// ~~~
///
/// When the function throws, the exception goes to the caller whose attempt it was, and the next
/// one tries again, as with std::call_once: there is no poisoning. Whoever returns from
/// call_once(), or is told that the once is done, sees everything the function did. Once it is
/// done, every call is one load.
///
/// Calling call_once() or wait() from within the function deadlocks. Checked builds report that,
/// and functions that need each other or lock what a caller holds. So does, in a forked child, a
/// once that another thread was at during the fork.
class Once {
  public:
    /// The function is still to run. NOLINTNEXTLINE(google-explicit-constructor)
    constexpr Once(detail::Origin origin = detail::Origin::current()) noexcept {
        detail::set_origin(raw_, origin);
    }
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;

    /// One that is done from the start: `constinit Once once = Once::completed();`
    [[nodiscard]] static constexpr Once completed(
        detail::Origin origin = detail::Origin::current()) noexcept {
        return Once{Completed{}, origin};
    }

    /// Returns once the function has run: runs it here, or sleeps while another thread does.
    template <class Function, class... Arguments>
        requires std::invocable<Function, Arguments...>
    void call_once(Function&& function, Arguments&&... arguments) {
        if (!raw_.is_done()) [[unlikely]]
            call_slow(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    }

    /// As call_once(), but returns false if another thread is running the function now. Does not
    /// wait for other threads.
    template <class Function, class... Arguments>
        requires std::invocable<Function, Arguments...>
    [[nodiscard]] bool try_call_once(Function&& function, Arguments&&... arguments) {
        if (raw_.is_done()) [[likely]]
            return true;
        if (!raw_.try_begin()) return raw_.is_done();
        run(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
        return true;
    }

    /// Whether the function has run, and what it did is visible to this thread. One load.
    [[nodiscard]] bool is_done() const noexcept { return raw_.is_done(); }

    /// Unless it says Done, out of date when it returns: for tests and diagnostics.
    [[nodiscard]] OnceState state() const noexcept { return raw_.state(); }

    /// Waits until the function has run, whoever will call it.
    void wait() { raw_.wait(); }

    /// Waits until the function has run, or `duration` has passed. Returns whether it has. Any
    /// standard duration: zero and negative ones only look, max() waits for ever.
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period>& duration) {
        return raw_.wait_for(duration);
    }

    /// Waits until the function has run, or `time` has come, on any clock.
    template <class Clock, class Duration>
    [[nodiscard]] bool wait_until(const std::chrono::time_point<Clock, Duration>& time) {
        return raw_.wait_until(time);
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// Waits until the function has run, or a stop is requested. Returns whether it has.
    [[nodiscard]] bool wait(std::stop_token stop) { return raw_.wait(std::move(stop)); }
#endif

    /// Makes it new again, for the only owner of the once: no other thread may be using it.
    void reset() noexcept { raw_.reset(); }

  private:
    struct Completed {};
    constexpr Once(Completed, detail::Origin origin) noexcept : raw_{DefaultRawOnce::completed()} {
        detail::set_origin(raw_, origin);
    }

    template <class Function, class... Arguments>
    PARKING_LOT_NOINLINE void call_slow(Function&& function, Arguments&&... arguments) {
        if (!raw_.begin()) return;
        run(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
    }

    template <class Function, class... Arguments>
    void run(Function&& function, Arguments&&... arguments) {
        detail::OnceAttempt attempt{raw_};
        std::invoke(std::forward<Function>(function), std::forward<Arguments>(arguments)...);
        attempt.succeed();
    }

    DefaultRawOnce raw_;
};

}  // namespace parking_lot::inline PARKING_LOT_ABI
