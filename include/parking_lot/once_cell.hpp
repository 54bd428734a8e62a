// SPDX-License-Identifier: MIT
// OnceCell: a place for a value that is set once and then read without locking.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "parking_lot/detail/origin.hpp"
#include "parking_lot/once.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {

namespace detail {

/// A function whose result is a T, maybe one that cannot be moved, or makes one.
template <class Function, class T>
concept Makes = std::same_as<std::invoke_result_t<Function>, T> ||
                std::constructible_from<T, std::invoke_result_t<Function>>;

/// A function whose result is empty, or holds what makes a T: a std::optional<T> and the like.
template <class Function, class T>
concept MayMake = requires(std::invoke_result_t<Function> result) {
    static_cast<bool>(result);
    requires std::constructible_from<T, decltype(*std::move(result))>;
};

}  // namespace detail

/// Empty at first; then, for good, with a value that one thread put there.
///
/// ~~~
/// constinit parking_lot::OnceCell<Config> config;
/// const Config& c = config.get_or_init([] { return load_config(); });
/// if (const Config* known = config.get()) use(*known);
/// ~~~
///
/// Reading a set cell is one load. A function that throws leaves the cell empty, and the next one
/// tries. A const cell gives access to `const T`; through any other cell, threads that change the
/// value must agree among themselves, for instance by a Mutex in it. T need not be movable when a
/// function makes it in place.
///
/// Neither copyable nor movable: other threads hold its address. take() and into_inner() move the
/// value out, for the only owner of the cell.
template <class T>
class OnceCell {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>, "T must be a non-const object type");

  public:
    using ValueType = T;

    /// An empty cell. NOLINTNEXTLINE(google-explicit-constructor)
    constexpr OnceCell(detail::Origin origin = detail::Origin::current()) noexcept : nothing_{} {
        detail::set_origin(raw_, origin);
    }

    /// A cell that is set from the start.
    constexpr explicit OnceCell(
        T value, detail::Origin origin =
                     detail::Origin::current()) noexcept(std::is_nothrow_move_constructible_v<T>)
        requires std::move_constructible<T>
        : raw_{DefaultRawOnce::completed()}, value_(std::move(value)) {
        detail::set_origin(raw_, origin);
    }

    OnceCell(const OnceCell&) = delete;
    OnceCell& operator=(const OnceCell&) = delete;

    ~OnceCell()
        requires std::is_trivially_destructible_v<T>
    = default;
    ~OnceCell() {
        if (raw_.is_done()) std::destroy_at(std::addressof(value_));
    }

    /// The value, or null while there is none. Never blocks.
    [[nodiscard]] T* get() noexcept PARKING_LOT_LIFETIMEBOUND { return value_if(is_set()); }
    [[nodiscard]] const T* get() const noexcept PARKING_LOT_LIFETIMEBOUND {
        return value_if(is_set());
    }

    /// Whether there is a value. One load.
    [[nodiscard]] bool is_set() const noexcept { return raw_.is_done(); }

    /// Puts `value` there if there is none. False if there is one, which stays as it is. Sleeps
    /// while another thread is making one.
    [[nodiscard]] bool set(T value)
        requires std::move_constructible<T>
    {
        return emplace(std::move(value));
    }

    /// As set(), but constructs the value in place, from `arguments`.
    template <class... Arguments>
        requires std::constructible_from<T, Arguments...>
    [[nodiscard]] bool emplace(Arguments&&... arguments) {
        if (raw_.is_done() || !raw_.begin()) return false;
        detail::OnceAttempt attempt{raw_};
        std::construct_at(std::addressof(value_), std::forward<Arguments>(arguments)...);
        attempt.succeed();
        return true;
    }

    /// The value; if there is none, the one that `function()` returns, put there. Exactly one
    /// function runs to the end, and other threads sleep meanwhile. It must not use this cell:
    /// that would deadlock (reported in checked builds).
    template <detail::Makes<T> Function>
    [[nodiscard]] T& get_or_init(Function&& function) PARKING_LOT_LIFETIMEBOUND {
        if (!raw_.is_done()) [[unlikely]]
            make(std::forward<Function>(function));
        return value_;
    }

    /// As get_or_init(), with a function that may fail: it returns a std::optional<T>, or anything
    /// else that tells by its bool and is dereferenced. Null when it failed; the next one tries.
    template <detail::MayMake<T> Function>
    [[nodiscard]] T* get_or_try_init(Function&& function) PARKING_LOT_LIFETIMEBOUND {
        if (!raw_.is_done()) [[unlikely]]
            return try_make(std::forward<Function>(function));
        return std::addressof(value_);
    }

    /// The value, once there is one: sleeps until another thread has put it there.
    [[nodiscard]] T& wait() PARKING_LOT_LIFETIMEBOUND {
        raw_.wait();
        return value_;
    }

    /// The value, or null when there is none after `duration`.
    template <class Rep, class Period>
    [[nodiscard]] T* wait_for(const std::chrono::duration<Rep, Period>& duration)
        PARKING_LOT_LIFETIMEBOUND {
        return value_if(raw_.wait_for(duration));
    }

    /// The value, or null when there is none by `time`, on any clock.
    template <class Clock, class Duration>
    [[nodiscard]] T* wait_until(const std::chrono::time_point<Clock, Duration>& time)
        PARKING_LOT_LIFETIMEBOUND {
        return value_if(raw_.wait_until(time));
    }

#if PARKING_LOT_HAS_STOP_TOKEN
    /// The value, or null when there is none by the time a stop is requested.
    [[nodiscard]] T* wait(std::stop_token stop) PARKING_LOT_LIFETIMEBOUND {
        return value_if(raw_.wait(std::move(stop)));
    }
#endif

    /// Moves the value out and leaves the cell empty. Requires that no other thread uses the cell.
    [[nodiscard]] std::optional<T> take()
        requires std::move_constructible<T>
    {
        if (!raw_.is_done()) return std::nullopt;
        std::optional<T> value{std::move(value_)};
        std::destroy_at(std::addressof(value_));
        raw_.reset();
        return value;
    }

    /// Moves the value out of a cell that is not used any more.
    [[nodiscard]] std::optional<T> into_inner() &&
        requires std::move_constructible<T>
    {
        return take();
    }

  private:
    T* value_if(bool set) noexcept { return set ? std::addressof(value_) : nullptr; }
    const T* value_if(bool set) const noexcept { return set ? std::addressof(value_) : nullptr; }

    template <class Function>
    PARKING_LOT_NOINLINE void make(Function&& function) {
        if (!raw_.begin()) return;
        detail::OnceAttempt attempt{raw_};
        ::new (static_cast<void*>(std::addressof(value_)))
            T(std::invoke(std::forward<Function>(function)));
        attempt.succeed();
    }

    template <class Function>
    PARKING_LOT_NOINLINE T* try_make(Function&& function) {
        if (!raw_.begin()) return std::addressof(value_);
        detail::OnceAttempt attempt{raw_};
        auto made = std::invoke(std::forward<Function>(function));
        if (!made) return nullptr;
        std::construct_at(std::addressof(value_), *std::move(made));
        attempt.succeed();
        return std::addressof(value_);
    }

    DefaultRawOnce raw_;
    union {             // whose members are this class's private ones:
        char nothing_;  // NOLINT(readability-identifier-naming)
        T value_;       // NOLINT(readability-identifier-naming)
    };
};

}  // namespace parking_lot::inline PARKING_LOT_ABI
