// SPDX-License-Identifier: MIT
// RwState: the word of an RwLock, who may enter, and who is next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/rwlock_policy.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The word of BasicRawRwLock. The three modes are the values by which holders change it, and the
/// park tokens of those who wait for them.
///
///   bits                                          set by                  cleared by
///   W kWriter      a writer owns the lock, or,    lock, upgrade,          unlock, downgrade*, one
///                  beside readers, has claimed it hand_off                who gives up
///   U kUpgradable  one more reader, who may       lock_upgradable,        unlock_upgradable,
///                  become the writer              downgrade_to*, hand_off downgrade_*, upgrade
///   R kReader      times the number of readers    lock_shared, hand_off   unlock_shared
///   P kParked      the queue may be non-empty     prepare_to_park, enter  leave, hand_off
///                                                 with the duty,
///                                                 Conditions
///   F kHandOff     the next leave is to hand the  prepare_to_park, for    hand_off
///                  lock to the head of the queue  one who was overtaken
///   H kHot         unlock must be an RMW          prepare_to_park, with A a racing [U1]
///   D kDrainParked the writer that has claimed    prepare_to_drain        that writer
///                  the lock sleeps
///   A kAwaited     some wait for a condition: a   Conditions              Conditions
///                  writer that leaves is to ask
///                  whether it holds. With H
///
///   W U R
///   0 0 0  free        -> 1 0 0 lock  -> 0 1 0 lock_upgradable  -> 0 0 1 lock_shared
///   0 0 n  read        -> 0 0 n±1     -> 1 0 n a writer's claim -> 0 1 n lock_upgradable
///   0 1 n  upgradable  -> 0 1 n±1     -> 1 0 n upgrade          -> 0 0 n+1 downgrade_upgradable
///   1 0 n  claimed     -> 1 0 n-1     -> 0 x n given up         -> 1 0 n+1 with policy Readers
///   1 0 0  written     -> 0 0 0 unlock (a store, if it is exactly W) -> 0 0 1, 0 1 0 downgrade*
///
/// Never: W with U; P or F without one of them; a queued thread while P is clear, unless one is on
/// its way to wake it: a releaser, or a woken thread with a duty.
/// May be wrong: P and F, with an empty queue; D, while the writer is awake.
struct RwState {
    using Word = std::uint32_t;

    static constexpr Word kFree = 0;
    static constexpr Word kWriter = 1;
    static constexpr Word kUpgradable = 2;
    static constexpr Word kParked = 4;
    static constexpr Word kHot = 8;
    static constexpr Word kHandOff = 16;
    // 32 is left for readers that are counted elsewhere.
    static constexpr Word kReader = 64;
    static constexpr Word kReaders = (Word{1} << 30) - kReader;
    // The highest bit of the count. Looked at before each new reader, so the count cannot wrap.
    static constexpr Word kTooManyReaders = Word{1} << 29;
    static constexpr Word kAwaited = Word{1} << 30;
    // The sign, which a processor tells of the result of a subtraction for nothing.
    static constexpr Word kDrainParked = Word{1} << 31;

    static constexpr bool is_drain_parked(Word state) noexcept {
        return static_cast<std::int32_t>(state) < 0;
    }
};

/// Whether a thread may enter, or, for a writer, claim, a lock in state `state`.
template <RwPreference kPreference>
[[nodiscard]] constexpr bool admits(RwState::Word state, RwState::Word mode) noexcept {
    if (mode != RwState::kReader) return (state & (RwState::kWriter | RwState::kUpgradable)) == 0;
    if ((state & RwState::kWriter) == 0) return true;
    return kPreference == RwPreference::Readers && (state & RwState::kReaders) != 0;
}

/// Chooses from the queue the threads that can have the lock together: readers up to the first
/// writer and that writer, which will wait for them; or readers and one upgradable reader, past
/// any writers, which that one keeps out anyway. So if threads remain in the queue, one of the
/// chosen is a writer or upgradable reader: the one that has the duty to care for them.
template <RwPreference kPreference>
class NextInLine {
  public:
    /// `kept` is what the thread that wakes the others goes on holding.
    NextInLine(const Key& key, RwState::Word kept) noexcept : key_{key}, granted_{kept} {}

    /// A filter for unpark_filter.
    core::FilterOp operator()(core::ParkToken token) noexcept {
        const auto mode = static_cast<RwState::Word>(token.value);
        if (kPreference != RwPreference::Readers && (granted_ & RwState::kWriter) != 0) {
            return core::FilterOp::Stop;
        }
        if (!may_join(mode)) return core::FilterOp::Skip;
        granted_ += mode;
        return core::FilterOp::Unpark;
    }

    /// What the chosen threads, and the chooser, hold if they all get the lock.
    [[nodiscard]] RwState::Word granted() const noexcept { return granted_; }

  private:
    [[nodiscard]] bool may_join(RwState::Word mode) noexcept {
        const bool is_taken = (granted_ & (RwState::kWriter | RwState::kUpgradable)) != 0;
        if constexpr (kPreference == RwPreference::Writers) {
            if (mode == RwState::kWriter) return !is_taken;
            if ((granted_ & RwState::kWriter) != 0) return false;
            if ((granted_ & RwState::kUpgradable) == 0 && a_writer_waits()) return false;
        }
        return mode == RwState::kReader || !is_taken;
    }

    [[nodiscard]] bool a_writer_waits() noexcept {
        if (!std::exchange(has_looked_, true)) {
            auto* waiter = table().bucket_of(key_.address).queues.find(key_);
            while (waiter != nullptr && waiter->park_token.value != RwState::kWriter) {
                waiter = WaiterQueues::following(*waiter);
            }
            writer_waits_ = waiter != nullptr;
        }
        return writer_waits_;
    }

    const Key key_;
    RwState::Word granted_;
    bool has_looked_ = false;
    bool writer_waits_ = false;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
