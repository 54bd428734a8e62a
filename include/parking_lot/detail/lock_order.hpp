// SPDX-License-Identifier: MIT
// LockOrder: tells ThreadSanitizer which locks a thread holds, so that it reports inversions.
#pragma once

// Whether there is a ThreadSanitizer to tell. A program that is compiled for it but linked with
// another runtime defines it as 0 (tests/explore/).
#if !defined(PARKING_LOT_TSAN)
#if defined(__SANITIZE_THREAD__)
#define PARKING_LOT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARKING_LOT_TSAN 1
#endif
#endif
#endif
#if !defined(PARKING_LOT_TSAN)
#define PARKING_LOT_TSAN 0
#endif

#include "parking_lot/detail/config.hpp"

// Checked builds find inversions themselves: detail/lock_watch.hpp. One report is enough.
#if PARKING_LOT_TSAN && !PARKING_LOT_CHECKED
#define PARKING_LOT_TELLS_TSAN 1
#else
#define PARKING_LOT_TELLS_TSAN 0
#endif

#if PARKING_LOT_TELLS_TSAN
#include <sanitizer/tsan_interface.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

#if PARKING_LOT_TELLS_TSAN

/// A member of each raw lock, whose address stands for the lock.
///
/// ThreadSanitizer learns the order of locks and nothing else: what it is told here does not count
/// as synchronization, so it still checks that the locks' own memory orders suffice.
///
/// All locks are reported as held for reading, which makes no difference to the order. A lock held
/// for writing would have to be unlocked by the thread that locked it; a guard may move to another.
class LockOrder {
  public:
    /// A new lock: what was known of an earlier one at this address does not concern it. Here, as
    /// locks have no destructor. Locks of static storage take no memory that others had.
    constexpr LockOrder() noexcept {
        if (!std::is_constant_evaluated()) forget();
    }

    /// Before a wait without a limit: reports one that may never end.
    void before_wait() const noexcept {
        held().strike_out_given_away();
        const Silence silence{this};
        __tsan_mutex_pre_lock(id(), __tsan_mutex_read_lock);
        __tsan_mutex_post_lock(id(), __tsan_mutex_try_read_lock_failed, 0);
    }

    /// Locked by a function that waits as long as it takes: now this lock comes after all others
    /// that the thread holds.
    void acquired() const noexcept { acquired(__tsan_mutex_read_lock); }

    /// Locked by one that gives up sooner or later, and so cannot be part of a deadlock.
    void acquired_by_try() const noexcept { acquired(__tsan_mutex_try_read_lock); }

    void before_unlock() const noexcept {
        if (!held().remove(this)) return;
        const Silence silence{this};
        __tsan_mutex_pre_unlock(id(), __tsan_mutex_read_lock);
        __tsan_mutex_post_unlock(id(), __tsan_mutex_read_lock);
    }

  private:
    /// While it lives, ThreadSanitizer sees neither accesses nor synchronization of this thread.
    class Silence {
      public:
        explicit Silence(const LockOrder* lock) noexcept : lock_{lock} {
            __tsan_mutex_post_divert(lock_->id(), 0);
        }
        Silence(const Silence&) = delete;
        Silence& operator=(const Silence&) = delete;
        ~Silence() { __tsan_mutex_pre_divert(lock_->id(), 0); }

      private:
        const LockOrder* lock_;
    };

    /// The locks that this thread holds: as many as ThreadSanitizer can follow. A guard that was
    /// given to another thread is found out when that thread unlocks: who unlocks a lock that is
    /// not in its own list says so in given_away, and each owner compares. Locks share the counters
    /// of given_away, so that now and then one is struck out that is still held, which is harmless.
    class Holdings {
      public:
        /// Whether it is held for the first time.
        [[nodiscard]] bool add(const LockOrder* lock) noexcept {
            strike_out_given_away();
            if (Entry* const entry = find(lock)) {
                ++entry->levels;
                return false;
            }
            Entry* const entry = find(nullptr);
            if (entry != nullptr) *entry = {lock, 1, times_given_away(lock).load(relaxed)};
            return entry != nullptr;
        }

        /// Whether it was in the list, and is not any more.
        [[nodiscard]] bool remove(const LockOrder* lock) noexcept {
            strike_out_given_away();
            Entry* const entry = find(lock);
            if (entry == nullptr) {
                times_given_away(lock).fetch_add(1, relaxed);
                return false;
            }
            if (--entry->levels != 0) return false;
            *entry = {};
            return true;
        }

        void strike_out_given_away() noexcept {
            for (Entry& entry : entries_) {
                if (entry.lock == nullptr) continue;
                if (entry.given_away == times_given_away(entry.lock).load(relaxed)) continue;
                const Silence silence{entry.lock};
                __tsan_mutex_pre_unlock(entry.lock->id(), __tsan_mutex_read_lock);
                __tsan_mutex_post_unlock(entry.lock->id(), __tsan_mutex_read_lock);
                entry = {};
            }
        }

      private:
        static constexpr auto relaxed = std::memory_order_relaxed;  // hints; the locks order them

        struct Entry {
            const LockOrder* lock = nullptr;
            std::uint32_t levels = 0;  // of one thread's reads of the same lock
            std::uint32_t given_away = 0;
        };

        [[nodiscard]] Entry* find(const LockOrder* lock) noexcept {
            const auto place = std::find_if(entries_.begin(), entries_.end(),
                                            [=](const Entry& e) { return e.lock == lock; });
            return place == entries_.end() ? nullptr : &*place;
        }

        static std::atomic<std::uint32_t>& times_given_away(const LockOrder* lock) noexcept {
            return given_away_[reinterpret_cast<std::uintptr_t>(lock) / 4 % given_away_.size()];
        }

        static inline constinit std::array<std::atomic<std::uint32_t>, 1021> given_away_{};
        std::array<Entry, 32> entries_{};
    };

    static Holdings& held() noexcept {
        static constinit thread_local Holdings holdings;
        return holdings;
    }

    void* id() const noexcept { return const_cast<LockOrder*>(this); }

    void forget() const noexcept {
        const Silence silence{this};
        __tsan_mutex_destroy(id(), 0);
        __tsan_mutex_create(id(), 0);
    }

    void acquired(unsigned how) const noexcept {
        if (!held().add(this)) return;
        const Silence silence{this};
        __tsan_mutex_pre_lock(id(), how);
        __tsan_mutex_post_lock(id(), how, 0);
    }
};

#else

/// Empty without ThreadSanitizer, and in checked builds: no size, no code.
class LockOrder {
  public:
    void before_wait() const noexcept {}
    void acquired() const noexcept {}
    void acquired_by_try() const noexcept {}
    void before_unlock() const noexcept {}
};

#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
