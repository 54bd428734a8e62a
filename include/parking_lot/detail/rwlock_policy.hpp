// SPDX-License-Identifier: MIT
// The policies of RwLocks: who goes first, and how long to spin.
#pragma once

#include "parking_lot/detail/spin.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// Whom waiting threads of the other mode have to stand back for.
enum class RwPreference {
    None,     ///< first come, first served, as far as they queue
    Readers,  ///< a reader passes all writers but one that owns the lock already
    Writers,  ///< waiting writers go before waiting readers
};

}  // namespace detail

/// How an RwLock treats readers and writers that wait for each other.
namespace policy {

/// Neither side starves. A waiting writer holds back new readers as soon as no other writer or
/// upgradable reader is before it; those that wait go in turn, though running threads may be
/// faster; a thread that was overtaken and has waited for half a millisecond is next.
/// A thread must not read recursively: a writer may come in between.
struct TaskFair {
    static constexpr const char* kName = "parking_lot::RawRwLock";
    static constexpr auto kPreference = detail::RwPreference::None;
    static constexpr bool kHandsOff = false;
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpin{.pauses = 4, .yields = 10};
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpinWhenWoken{.pauses = 0,
                                                                            .yields = 10};
    PARKING_LOT_HIDDEN static constexpr detail::Spin::Limits kSpinForReaders{.pauses = 16,
                                                                             .yields = 10};
};

/// Readers wait for no writer but the one that writes just now: recursive reads, and reads nested
/// in any way across threads, cannot deadlock. Writers may starve.
struct ReaderPreferring : TaskFair {
    static constexpr const char* kName = "parking_lot::RawReaderPreferringRwLock";
    static constexpr auto kPreference = detail::RwPreference::Readers;
};

/// A waiting writer goes before all waiting and new readers, and gets the lock without a gap.
/// Readers may starve.
struct WriterPreferring : TaskFair {
    static constexpr const char* kName = "parking_lot::RawWriterPreferringRwLock";
    static constexpr auto kPreference = detail::RwPreference::Writers;
    static constexpr bool kHandsOff = true;
};

}  // namespace policy

}  // namespace parking_lot::inline PARKING_LOT_ABI
