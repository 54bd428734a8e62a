// SPDX-License-Identifier: MIT
// Types that break one promise when they are told to, to see that the oracle notices.
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include "parking_lot/condvar.hpp"
#include "parking_lot/deadline.hpp"
#include "parking_lot/latch.hpp"
#include "parking_lot/once.hpp"
#include "parking_lot/once_cell.hpp"
#include "parking_lot/semaphore.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot::fuzz {

enum class Fault {
    None,
    TryLockLies,     ///< says that it has locked what is locked
    TryLockRefuses,  ///< a free lock
    TimedLockLies,   ///< at its limit
    TimedLockGivesUpEarly,
    StoppableLockGivesUp,  ///< without a request
    BumpLetsGo,            ///< and does not lock again
    UnlockLeavesLocked,
    AwaitIgnoresPredicate,
    ReadLies,
    TwoUpgradables,
    DowngradeLetsWriterIn,
    UpgradeLetsWriterIn,
    TryUpgradeRefuses,
    ReleaseAddsOne,
    ReleaseLosesOne,
    AcquireTakesNothing,
    LatchOpensEarly,
    OnceRunsTwice,
    OnceIsDoneEarly,
    OnceCellIsSetTwice,
    CondvarReturnsSpuriously,
    CondvarLosesNotification,
    CondvarIgnoresPredicate,
    CondvarGivesUpEarly,
};

/// The one promise that is broken just now.
inline std::atomic<Fault> fault{Fault::None};

[[nodiscard]] inline bool is_faulty(Fault which) {
    return fault.load(std::memory_order_relaxed) == which;
}

inline void let_others_run() { std::this_thread::sleep_for(std::chrono::microseconds{20}); }

/// How often a lock has said that it is locked when it was not: as many unlocks are to be left out.
class Lies {
  public:
    bool tell_if(Fault which) {
        if (!is_faulty(which)) return false;
        ++count_;
        return true;
    }
    bool take_back() {
        int count = count_;
        while (count > 0)
            if (count_.compare_exchange_weak(count, count - 1)) return true;
        return false;
    }

  private:
    std::atomic<int> count_{0};
};

template <class Raw>
class FaultyMutex {
  public:
    void lock() { raw_.lock(); }
    [[nodiscard]] bool try_lock() {
        if (is_faulty(Fault::TryLockRefuses)) return false;
        return raw_.try_lock() || lies_.tell_if(Fault::TryLockLies);
    }
    [[nodiscard]] bool try_lock_until(Deadline deadline) {
        if (is_faulty(Fault::TimedLockGivesUpEarly)) return raw_.try_lock();
        return raw_.try_lock_until(deadline) || lies_.tell_if(Fault::TimedLockLies);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] bool lock(std::stop_token stop) {
        if (is_faulty(Fault::StoppableLockGivesUp)) return raw_.try_lock();
        return raw_.lock(std::move(stop));
    }
#endif
    void unlock() {
        if (!is_faulty(Fault::UnlockLeavesLocked) && !lies_.take_back()) raw_.unlock();
    }
    void unlock_fair() {
        if (!lies_.take_back()) raw_.unlock_fair();
    }
    void bump() { lies_.tell_if(Fault::BumpLetsGo) ? raw_.unlock_fair() : raw_.bump(); }

    using Awaits = FaultyMutex;
    template <class Limit, class Predicate>
    [[nodiscard]] bool await(const Limit& limit, Predicate predicate) {
        return is_faulty(Fault::AwaitIgnoresPredicate) || raw_.await(limit, predicate);
    }

    [[nodiscard]] bool is_locked() const { return raw_.is_locked(); }

  private:
    Raw raw_;
    Lies lies_;
};

template <class Raw>
class FaultyRwLock {
  public:
    void lock() { raw_.lock(); }
    [[nodiscard]] bool try_lock() { return raw_.try_lock(); }
    [[nodiscard]] bool try_lock_until(Deadline deadline) { return raw_.try_lock_until(deadline); }
    void unlock() { raw_.unlock(); }
    void unlock_fair() { raw_.unlock_fair(); }
    void bump() { raw_.bump(); }
    [[nodiscard]] bool is_locked() const { return raw_.is_locked(); }

    void lock_shared() {
        if (!lies_.tell_if(Fault::ReadLies)) raw_.lock_shared();
    }
    [[nodiscard]] bool try_lock_shared() { return raw_.try_lock_shared(); }
    [[nodiscard]] bool try_lock_shared_until(Deadline d) { return raw_.try_lock_shared_until(d); }
    void unlock_shared() {
        if (!lies_.take_back()) raw_.unlock_shared();
    }
    void unlock_shared_fair() { unlock_shared(); }
    void bump_shared() { raw_.bump_shared(); }

    void lock_upgradable() { has_many_upgradables() ? raw_.lock_shared() : raw_.lock_upgradable(); }
    [[nodiscard]] bool try_lock_upgradable() {
        return has_many_upgradables() ? raw_.try_lock_shared() : raw_.try_lock_upgradable();
    }
    [[nodiscard]] bool try_lock_upgradable_until(Deadline deadline) {
        return has_many_upgradables() ? raw_.try_lock_shared_until(deadline)
                                      : raw_.try_lock_upgradable_until(deadline);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    [[nodiscard]] bool lock(std::stop_token stop) { return raw_.lock(std::move(stop)); }
    [[nodiscard]] bool lock_shared(std::stop_token stop) {
        return raw_.lock_shared(std::move(stop));
    }
    [[nodiscard]] bool lock_upgradable(std::stop_token stop) {
        return has_many_upgradables() ? raw_.lock_shared(std::move(stop))
                                      : raw_.lock_upgradable(std::move(stop));
    }
    [[nodiscard]] bool upgrade(std::stop_token stop) {
        return !has_many_upgradables() && raw_.upgrade(std::move(stop));
    }
#endif
    void unlock_upgradable() {
        has_many_upgradables() ? raw_.unlock_shared() : raw_.unlock_upgradable();
    }

    void upgrade() {
        if (!has_many_upgradables() && !is_faulty(Fault::UpgradeLetsWriterIn)) {
            raw_.upgrade();
            return;
        }
        unlock_upgradable();
        let_others_run();
        raw_.lock();
    }
    [[nodiscard]] bool try_upgrade() {
        if (is_faulty(Fault::TryUpgradeRefuses) || has_many_upgradables()) return false;
        return raw_.try_upgrade();
    }
    [[nodiscard]] bool try_upgrade_until(Deadline deadline) {
        return has_many_upgradables() ? false : raw_.try_upgrade_until(deadline);
    }
    void downgrade() {
        if (!is_faulty(Fault::DowngradeLetsWriterIn)) return raw_.downgrade();
        raw_.unlock();
        let_others_run();
        raw_.lock_shared();
    }
    void downgrade_to_upgradable() {
        has_many_upgradables() ? raw_.downgrade() : raw_.downgrade_to_upgradable();
    }
    void downgrade_upgradable() {
        if (!has_many_upgradables()) raw_.downgrade_upgradable();
    }

  private:
    static bool has_many_upgradables() { return is_faulty(Fault::TwoUpgradables); }

    Raw raw_;
    Lies lies_;
};

class FaultySemaphore : public Semaphore {
  public:
    using Semaphore::Semaphore;

    void acquire() {
        Semaphore::acquire();
        if (is_faulty(Fault::AcquireTakesNothing)) Semaphore::release();
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    using Semaphore::acquire;
#endif
    void release(std::uint32_t permits = 1) {
        if (is_faulty(Fault::ReleaseAddsOne)) ++permits;
        if (is_faulty(Fault::ReleaseLosesOne) && permits > 1) --permits;
        Semaphore::release(permits);
    }
};

class FaultyLatch : public Latch {
  public:
    using Latch::Latch;

    void count_down() {
        const int steps = is_faulty(Fault::LatchOpensEarly) ? (done_ == 0 ? 2 : done_ == 1) : 1;
        ++done_;
        if (steps > 0) Latch::count_down(static_cast<std::uint32_t>(steps));
    }

  private:
    std::atomic<int> done_{0};
};

class FaultyOnce : public Once {
  public:
    template <class Function>
    void call_once(Function&& function) {
        if (is_faulty(Fault::OnceRunsTwice)) function();
        Once::call_once(function);
    }
    [[nodiscard]] bool is_done() const {
        return Once::is_done() || (is_faulty(Fault::OnceIsDoneEarly) && state() != OnceState::New);
    }
};

class FaultyOnceCell : public OnceCell<long> {
  public:
    [[nodiscard]] bool set(long value) {
        return OnceCell::set(value) || is_faulty(Fault::OnceCellIsSetTwice);
    }
};

class FaultyCondvar : public Condvar {
  public:
    bool notify_one() {
        return is_faulty(Fault::CondvarLosesNotification) || Condvar::notify_one();
    }

    template <detail::Waitable Guard>
    void wait(Guard& guard) {
        if (is_faulty(Fault::CondvarReturnsSpuriously)) return;
        Condvar::wait(guard);
    }
    template <detail::Waitable Guard, std::predicate Predicate>
    void wait(Guard& guard, Predicate predicate) {
        if (is_faulty(Fault::CondvarIgnoresPredicate)) return;
        Condvar::wait(guard, predicate);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    using Condvar::wait;
#endif
    template <class Guard, class... OrPredicate>
    [[nodiscard]] bool wait_for(Guard& guard, std::chrono::nanoseconds duration,
                                OrPredicate... predicate) {
        if (is_faulty(Fault::CondvarGivesUpEarly)) duration = {};
        return Condvar::wait_for(guard, duration, predicate...);
    }
};

}  // namespace parking_lot::fuzz
