// SPDX-License-Identifier: MIT
// Lazy: a value that is made when it is first used.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "parking_lot/detail/origin.hpp"
#include "parking_lot/once_cell.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

/// A value and the function that makes it, which runs when the value is first asked for; exactly
/// once, whichever thread comes first, and before any of them sees the value.
///
/// ~~~
/// constinit parking_lot::Lazy<Config> config{load_config};            // a function
/// constinit parking_lot::Lazy table{[] { return make_table(256); }};  // T is what it returns
/// config->timeout;
/// ~~~
///
/// What a static variable in a function is, but it can be a member, it can be asked whether it is
/// ready, and it is one load to use. If the function throws, the exception goes to who asked, and
/// the next one tries again. A const Lazy gives access to `const T`. Neither copyable nor movable.
template <class T, class Function = T (*)()>
    requires detail::Makes<Function&, T>
class Lazy {
  public:
    using ValueType = T;

    constexpr explicit Lazy(
        Function function,
        detail::Origin origin =
            detail::Origin::current()) noexcept(std::is_nothrow_move_constructible_v<Function>)
        : cell_{origin}, function_(std::move(function)) {}

    Lazy(const Lazy&) = delete;
    Lazy& operator=(const Lazy&) = delete;

    /// The value, made now if need be. Must not be called by the function that makes it.
    T& force() PARKING_LOT_LIFETIMEBOUND { return cell_.get_or_init(std::ref(function_)); }
    const T& force() const PARKING_LOT_LIFETIMEBOUND {
        return cell_.get_or_init(std::ref(function_));
    }

    [[nodiscard]] T& operator*() PARKING_LOT_LIFETIMEBOUND { return force(); }
    [[nodiscard]] const T& operator*() const PARKING_LOT_LIFETIMEBOUND { return force(); }

    [[nodiscard]] T* operator->() PARKING_LOT_LIFETIMEBOUND { return std::addressof(force()); }
    [[nodiscard]] const T* operator->() const PARKING_LOT_LIFETIMEBOUND {
        return std::addressof(force());
    }

    /// The value if it has been made, else null. Never blocks, never makes it.
    [[nodiscard]] T* get_if_ready() noexcept PARKING_LOT_LIFETIMEBOUND { return cell_.get(); }
    [[nodiscard]] const T* get_if_ready() const noexcept PARKING_LOT_LIFETIMEBOUND {
        return cell_.get();
    }

  private:
    // Both change in a const Lazy too, but only in the one thread that makes the value.
    mutable OnceCell<T> cell_;
    [[no_unique_address]] mutable Function function_;
};

template <class Function>
Lazy(Function) -> Lazy<std::remove_cvref_t<std::invoke_result_t<Function&>>, Function>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
