// SPDX-License-Identifier: MIT
// Mutexes and RwLocks as the subjects of programs.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <utility>

#include "fuzz/oracle.hpp"
#include "fuzz/section.hpp"
#include "fuzz/thread.hpp"
#include "fuzz/ways.hpp"
#include "fuzz/world.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::fuzz {

/// One section of `lock`, begun in the way `How`.
template <class How, class Lock>
class Beginning {
  public:
    Beginning(Thread& thread, Subject& subject, Lock& lock, const Instruction& instruction)
        : thread_{thread},
          subject_{subject},
          lock_{lock},
          instruction_{instruction},
          hold_{thread, subject, How::kMode},
          attempt_{thread, subject.oracle, instruction} {}

    void run() {
        if (instruction_.way == Way::Plainly && instruction_.flavor == Flavor::With)
            return run_with_lock();
        if (instruction_.has_predicate()) return run_when();
        if constexpr (kIsOwned) {
            if (instruction_.flavor == Flavor::Owned) return run_if_locked(owned_guard());
        }
        run_if_locked(guard());
    }

  private:
    /// Whether guards that own a share of their lock are tried. They do not depend on the raw lock.
    static constexpr bool kIsOwned = std::same_as<typename Lock::RawType, tested::RawMutex> ||
                                     std::same_as<typename Lock::RawType, tested::RawRwLock>;

    void run_with_lock() try {
        How::with_lock(lock_, [this](auto& data) {
            const Presence presence{subject_.oracle, How::kMode, is_outermost()};
            subject_.oracle.touch(data, How::kMode);
            thread_.run_rest_of_section();
        });
    } catch (const Failure&) {
        return;  // of the program
    }

    void run_when() {
        const Predicate predicate{subject_.oracle, instruction_};
        decltype(guard_when(predicate)) guard;
        try {
            const Rest rest{thread_.world().progress, instruction_.is_unlimited()};
            guard = guard_when(predicate);
        } catch (const Failure&) {  // of the predicate
            return thread_.skip_section();
        }
        if (!guard) {
            attempt_.was_refused_by_limit();
            return thread_.skip_section();
        }
        if (instruction_.flavor == Flavor::When)
            subject_.oracle.expect(predicate(**guard), "locked while the predicate does not hold");
        run_locked(*std::move(guard));
    }

    template <class AnyGuard>
    void run_if_locked(std::optional<AnyGuard> guard) {
        if (guard) return run_locked(*std::move(guard));
        attempt_.was_refused();
        thread_.skip_section();
    }

    template <class AnyGuard>
    void run_locked(AnyGuard guard) try {
        if (is_outermost()) subject_.oracle.count_acquisition();
        Section<AnyGuard>{thread_, subject_, std::move(guard)}.run();
    } catch (const Failure&) {
        return;  // of the program
    }

    auto guard() {
        using Result = std::optional<decltype(How::lock(lock_))>;
        switch (instruction_.way) {
            case Way::Try:
                return Result{How::try_lock(lock_)};
            case Way::For:
                return Result{How::lock_for(lock_, attempt_.duration())};
            case Way::Until:
                return Result{How::lock_until(lock_, attempt_.time())};
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return Result{How::lock(lock_, thread_.stop_token())};
#endif
            default:
                return Result{How::lock(lock_)};
        }
    }

    auto guard_when(const Predicate& predicate) {
        using Result = std::optional<decltype(How::lock(lock_))>;
        switch (instruction_.way) {
            case Way::Try:
                return Result{How::lock_when_until(lock_, Deadline::passed(), predicate)};
            case Way::For:
                return Result{How::lock_when_for(lock_, attempt_.duration(), predicate)};
            case Way::Until:
                return Result{How::lock_when_until(lock_, attempt_.time(), predicate)};
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return Result{How::lock_when(lock_, thread_.stop_token(), predicate)};
#endif
            default:
                return Result{How::lock_when(lock_, predicate)};
        }
    }

    auto owned_guard() {
        // Shares no ownership: the lock outlives the program's threads.
        const std::shared_ptr<Lock> lock{std::shared_ptr<void>{}, &lock_};
        using Result = std::optional<decltype(How::lock_owned(lock))>;
        switch (instruction_.way) {
            case Way::Try:
                return Result{How::try_lock_owned(lock)};
            case Way::For:
                return Result{How::lock_owned_for(lock, attempt_.duration())};
            case Way::Until:
                return Result{How::lock_owned_until(lock, attempt_.time())};
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return Result{How::lock_owned(lock, thread_.stop_token())};
#endif
            default:
                return Result{How::lock_owned(lock)};
        }
    }

    [[nodiscard]] bool is_outermost() const { return thread_.times_held(subject_) == 1; }

    Thread& thread_;
    Subject& subject_;
    Lock& lock_;
    const Instruction instruction_;
    const Hold hold_;
    const Attempt attempt_;
};

template <class Raw>
inline constexpr bool kPrefersReaders =
    !PARKING_LOT_USE_STD && std::same_as<Raw, DefaultRawReaderPreferringRwLock>;

/// A mutex or an RwLock: BasicMutex<Raw, Data> or BasicRwLock<Raw, Data>.
template <class Lock>
class LockSubject final : public Subject {
    using Raw = typename Lock::RawType;

  public:
    template <class... Arguments>
    explicit LockSubject(Item which, Verdict& verdict, Arguments&&... arguments)
        : Subject{which, verdict}, lock{std::forward<Arguments>(arguments)...} {}

    void run_section(Thread& thread, Instruction instruction) override;

    [[nodiscard]] bool may_be_retaken(Mode held, Verb verb) const override {
        return RawReentrantLockable<Raw> ||
               (kPrefersReaders<Raw> && held == Mode::Shared && verb == Verb::Read);
    }

    void open() override {
        oracle.come();
        {
            const auto guard = lock_exclusively();
            const Presence presence{oracle, Mode::Exclusive, true};
            guard->is_open = true;
        }
        oracle.go();
    }

    void check_at_end() override {
        oracle.check_at_end(*lock.data_ptr());
        oracle.expect(!lock.is_locked(), "it is locked at the end");
        oracle.expect(lock.raw().try_lock(), "it cannot be locked at the end");
        lock.raw().unlock();
    }

    Lock lock;

  private:
    auto lock_exclusively() {
        if constexpr (RawSharedLockable<Raw>) {
            return lock.write();
        } else {
            return lock.lock();
        }
    }
};

template <class Lock>
void LockSubject<Lock>::run_section(Thread& thread, Instruction instruction) {
    if constexpr (RawSharedLockable<Raw>) {
        if (instruction.verb == Verb::Read)
            return Beginning<Reading, Lock>{thread, *this, lock, instruction}.run();
        if (instruction.verb == Verb::Upgradable)
            return Beginning<UpgradableReading, Lock>{thread, *this, lock, instruction}.run();
        Beginning<Writing, Lock>{thread, *this, lock, instruction}.run();
    } else {
        Beginning<Locking, Lock>{thread, *this, lock, instruction}.run();
    }
}

using MutexSubject = LockSubject<BasicMutex<tested::RawMutex, Data>>;
using FairMutexSubject = LockSubject<BasicMutex<tested::RawFairMutex, Data>>;
using ByteMutexSubject = LockSubject<BasicMutex<tested::RawByteMutex, Data>>;
using ReentrantMutexSubject = LockSubject<BasicMutex<tested::RawReentrantMutex, Data>>;
using MeteredMutexSubject = LockSubject<BasicMutex<tested::RawMeteredMutex, Data>>;
using RwLockSubject = LockSubject<BasicRwLock<tested::RawRwLock, Data>>;
using ReaderPreferringSubject = LockSubject<BasicRwLock<tested::RawReaderPreferring, Data>>;
using WriterPreferringSubject = LockSubject<BasicRwLock<tested::RawWriterPreferring, Data>>;
using MeteredRwLockSubject = LockSubject<BasicRwLock<tested::RawMeteredRwLock, Data>>;

// In mutexes.cpp and rwlocks.cpp, as compilers take their time with them.
extern template class LockSubject<BasicMutex<tested::RawMutex, Data>>;
extern template class LockSubject<BasicMutex<tested::RawReentrantMutex, Data>>;
extern template class LockSubject<BasicMutex<tested::RawMeteredMutex, Data>>;
extern template class LockSubject<BasicRwLock<tested::RawRwLock, Data>>;
extern template class LockSubject<BasicRwLock<tested::RawMeteredRwLock, Data>>;
#if !PARKING_LOT_FUZZ_FEW_TYPES
extern template class LockSubject<BasicMutex<tested::RawFairMutex, Data>>;
extern template class LockSubject<BasicMutex<tested::RawByteMutex, Data>>;
extern template class LockSubject<BasicRwLock<tested::RawReaderPreferring, Data>>;
extern template class LockSubject<BasicRwLock<tested::RawWriterPreferring, Data>>;
#endif

}  // namespace parking_lot::fuzz
