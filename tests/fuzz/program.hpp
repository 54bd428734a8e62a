// SPDX-License-Identifier: MIT
// Programs: what some threads do with the library's types. Any bytes are one, and so is any text.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parking_lot::fuzz {

/// What to do. Sections nest: they are begun by one of the first five and left by one of the next
/// three. What applies to a guard applies to that of the innermost section.
enum class Verb : std::uint8_t {
    Lock,  ///< exclusively: a lock, a permit, the right to initialize
    Read,
    Upgradable,
    LockAll,
    Unlocked,  ///< the lock of the innermost section, for as long as this one lasts
    End,
    Unlock,
    Fail,  ///< leaves by an exception
    Touch,
    Bump,
    Map,
    Downgrade,
    DowngradeToUpgradable,
    Upgrade,
    Await,
    Wait,  ///< for a notification
    NotifyOne,
    NotifyAll,
    Signal,
    Attend,  ///< waits for what Signal does
    Stop,
    Nap,
    Yield,
    Thread,  ///< what follows is done by the next thread
};

/// With what. Threads wait for those of a higher number only.
enum class Item : std::uint8_t {
    Mutex,
    FairMutex,
    ByteMutex,
    ReentrantMutex,
    MeteredMutex,
    RwLock,
    ReaderPreferring,
    WriterPreferring,
    MeteredRwLock,
    Gate,  ///< a semaphore with one permit
    Semaphore,
    Latch,
    Once,
    OnceCell,
    Lazy,
};

enum class Way : std::uint8_t { Plainly, Try, For, Until, Stoppable };

enum class Limit : std::uint8_t { Past, Zero, Us2, Us10, Us30, Us100, Us300, Never };

/// Failing: when the predicate holds, which may throw.
enum class Flavor : std::uint8_t { Ordinary, When, Failing, Owned, With, Fair };

inline constexpr std::size_t kItems = 15;

struct Instruction {
    Verb verb = Verb::End;
    Item item = Item::Mutex;
    Way way = Way::Plainly;
    Limit limit = Limit::Past;
    Flavor flavor = Flavor::Ordinary;

    /// Whether nothing but success ends it, or a stop request.
    [[nodiscard]] bool is_unlimited() const {
        return way == Way::Plainly || way == Way::Stoppable ||
               (way != Way::Try && limit == Limit::Never);
    }

    /// Whether it waits for a predicate.
    [[nodiscard]] bool has_predicate() const {
        return flavor == Flavor::When || flavor == Flavor::Failing;
    }

    friend bool operator==(const Instruction&, const Instruction&) = default;
};

using Program = std::vector<Instruction>;

/// Up to which Never is the longest.
[[nodiscard]] constexpr std::chrono::nanoseconds length_of(Limit limit) {
    using namespace std::chrono_literals;
    constexpr std::array<std::chrono::nanoseconds, 8> lengths{
        -1ms, 0ns, 2us, 10us, 30us, 100us, 300us, std::chrono::nanoseconds::max()};
    return lengths[static_cast<std::size_t>(limit)];
}

[[nodiscard]] constexpr bool begins_section(Verb verb) { return verb <= Verb::Unlocked; }
[[nodiscard]] constexpr bool ends_section(Verb verb) {
    return verb == Verb::End || verb == Verb::Unlock || verb == Verb::Fail;
}

[[nodiscard]] std::string_view name_of(Item item);

/// One instruction in a line, as words: a verb, and what differs from Instruction{verb}. Indented
/// by sections.
[[nodiscard]] std::string print(const Program& program);

/// What print() has printed; lines that begin with '#' are left out, and words that are unknown.
[[nodiscard]] Program parse(std::string_view text);

/// Five bytes for an instruction: what libFuzzer mutates.
[[nodiscard]] std::vector<std::uint8_t> encode(const Program& program);
[[nodiscard]] Program decode(std::span<const std::uint8_t> bytes);

/// A program that makes some sense: it has threads, and ends what it begins.
[[nodiscard]] Program random_program(std::uint32_t seed);

}  // namespace parking_lot::fuzz
