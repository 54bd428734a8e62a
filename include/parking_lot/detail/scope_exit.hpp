// SPDX-License-Identifier: MIT
// OnScopeExit: what is to be done however a scope is left.
#pragma once

#include <utility>

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Runs its function at the end of the scope, also when an exception leaves it.
template <class Function>
class OnScopeExit {
  public:
    explicit OnScopeExit(Function function) noexcept : function_{std::move(function)} {}
    OnScopeExit(const OnScopeExit&) = delete;
    OnScopeExit& operator=(const OnScopeExit&) = delete;
    ~OnScopeExit() { function_(); }

  private:
    Function function_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
