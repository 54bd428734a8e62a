// SPDX-License-Identifier: MIT
// Origin and HoldMode: what checked builds are told about a lock and its use.
#pragma once

#include <cstdint>
#include <utility>

#include "parking_lot/detail/config.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The modes of all locks; of a mutex it is Exclusive. Upgrade is what an upgradable reader waits
/// for.
enum class HoldMode : std::uint8_t { Exclusive, Shared, Upgradable, Upgrade };

/// The file and line of the code that constructs a lock, and the name of a metered one. As a
/// defaulted argument of a constructor, current() gives the place of its caller: of a member, that
/// is the constructor around it; of what a container makes, the container's own code. Empty in
/// unchecked builds.
class Origin {
    /// So that no braces are taken for an Origin: not even empty ones make a key.
    struct Key {
        enum class Own : std::uint8_t { Only };
        // NOLINTNEXTLINE(google-explicit-constructor): private to Origin
        constexpr Key(Own) noexcept {}
    };

  public:
#if PARKING_LOT_CHECKED
    [[nodiscard]] static constexpr Origin current(const char* file = __builtin_FILE(),
                                                  std::uint32_t line = __builtin_LINE()) noexcept {
        return Origin{Key::Own::Only, file, line};
    }

    /// `name` must live for ever, and locks that go by one name have the same pointer.
    [[nodiscard]] static constexpr Origin named(const char* name) noexcept {
        Origin origin{Key::Own::Only, nullptr, 0};
        origin.name_ = name;
        return origin;
    }

    [[nodiscard]] constexpr const char* name() const noexcept { return name_; }
    [[nodiscard]] constexpr const char* file() const noexcept { return file_; }
    [[nodiscard]] constexpr std::uint32_t line() const noexcept { return line_; }

  private:
    constexpr Origin(Key, const char* file, std::uint32_t line) noexcept
        : file_{file}, line_{line} {}

    const char* name_ = nullptr;
    const char* file_;
    std::uint32_t line_;
#else
    [[nodiscard]] static constexpr Origin current() noexcept { return Origin{Key::Own::Only}; }
    [[nodiscard]] static constexpr Origin named(const char*) noexcept {
        return Origin{Key::Own::Only};
    }

  private:
    constexpr explicit Origin(Key) noexcept {}
#endif
};

/// std::in_place, and where it was written.
struct InPlace {
    // NOLINTNEXTLINE(google-explicit-constructor): stands for std::in_place_t in a constructor
    constexpr InPlace(std::in_place_t, Origin where = Origin::current()) noexcept : origin{where} {}

    [[no_unique_address]] Origin origin;
};

/// Tells a raw lock of this library where it comes from; other locks do not care.
template <class Raw>
constexpr void set_origin([[maybe_unused]] Raw& raw, [[maybe_unused]] Origin origin) noexcept {
    if constexpr (requires { raw.set_origin(origin); }) raw.set_origin(origin);
}

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
