// SPDX-License-Identifier: MIT
// Activities that count under locks: what was counted must be what is found.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#include "parking_lot/parking_lot.hpp"
#include "soak/activity.hpp"

namespace parking_lot::soak {

/// A mutex, locked in every way. `Count` is a number that its guards can increment.
template <class Mutex>
class MutexActivity : public Activity {
  public:
    template <class... Arguments>
    explicit MutexActivity(const char* name, Arguments&&... arguments)
        : Activity{name}, count_{std::forward<Arguments>(arguments)...} {}

    void check() override {
        require(!count_.is_locked(), "the mutex is free");
        require(count_.get_mut() == counted_.load(), "the mutex lost no increment");
    }

  protected:
    [[nodiscard]] std::uint64_t counted() const { return counted_.load(); }

  private:
    void run(Worker& worker) override {
        switch (worker.below(4)) {
            case 0:
                add(count_.lock(), worker);
                break;
            case 1:
                if (auto guard = count_.try_lock()) add(std::move(*guard), worker);
                break;
            case 2:
                if (auto guard = count_.try_lock_for(worker.moment())) {
                    add(std::move(*guard), worker);
                }
                break;
            default:
                if (auto guard = count_.lock(worker.stop)) add(std::move(*guard), worker);
        }
    }

    template <class Guard>
    void add(Guard guard, Worker& worker) {
        ++*guard;
        worker.linger();
        counted_.fetch_add(1);
        if (worker.below(8) == 0) guard.unlock_fair();
    }

    Mutex count_;
    std::atomic<std::uint64_t> counted_{0};
};

/// A metered mutex also counts itself how often it was locked.
class MeteredActivity : public MutexActivity<metered::Mutex<std::uint64_t>> {
  public:
    MeteredActivity() : MutexActivity{"metered::Mutex", "soak", std::uint64_t{0}} {}

    void check() override {
        std::uint64_t acquisitions = 0;
        for (const auto& series : metrics::snapshot()) {
            if (series.lock != "soak") continue;
            acquisitions += series.acquisitions;
            require(series.waiters == 0, "no thread waits for the metered mutex");
        }
        require(acquisitions == counted(), "the metered mutex counted each time it was locked");
        MutexActivity::check();
    }
};

/// What the guards of a reentrant mutex, which give access to `const T`, can increment.
struct Incremented {
    mutable std::uint64_t value = 0;
};

/// A reentrant mutex, locked several times by its owner.
class ReentrantActivity : public Activity {
  public:
    ReentrantActivity() noexcept : Activity{"ReentrantMutex"} {}

    void check() override {
        require(!count_.is_locked(), "the reentrant mutex is free");
        require(count_.get_mut().value == counted_.load(), "the reentrant mutex lost no increment");
    }

  private:
    void run(Worker& worker) override {
        const auto outer = count_.try_lock_for(worker.moment());
        if (!outer) return;
        for (unsigned depth = worker.below(4); depth != 0; --depth) {
            const auto inner = count_.lock();
            ++(*inner).value;
            worker.linger();
            counted_.fetch_add(1);
        }
    }

    ReentrantMutex<Incremented> count_;
    std::atomic<std::uint64_t> counted_{0};
};

struct Pair {
    std::uint64_t one = 0;
    std::uint64_t other = 0;
};

/// An RwLock of two numbers that are equal whenever they can be read.
template <template <class> class RwLock>
class RwLockActivity : public Activity {
  public:
    explicit RwLockActivity(const char* name) noexcept : Activity{name} {}

    void check() override {
        require(!pair_.is_locked(), "the RwLock is free");
        compare(pair_.get_mut());
        require(pair_.get_mut().one == counted_.load(), "the RwLock lost no increment");
    }

  private:
    void run(Worker& worker) override {
        switch (worker.below(8)) {
            case 0:
                read(worker);
                break;
            case 1:
                if (const auto guard = pair_.try_read_for(worker.moment())) compare(**guard);
                break;
            case 2:
                if (const auto guard = pair_.read(worker.stop)) compare(**guard);
                break;
            case 3:
                write_and_downgrade(worker);
                break;
            case 4:
                if (const auto guard = pair_.try_write_for(worker.moment())) add(**guard, worker);
                break;
            case 5:
                if (const auto guard = pair_.write(worker.stop)) add(**guard, worker);
                break;
            case 6:
                upgrade(worker);
                break;
            default:
                try_upgrade(worker);
        }
    }

    void read(Worker& worker) {
        const auto guard = pair_.read();
        worker.linger();
        compare(*guard);
    }

    void write_and_downgrade(Worker& worker) {
        auto writer = pair_.write();
        const Pair written = add(*writer, worker);
        auto upgradable = std::move(writer).downgrade_to_upgradable();
        require((*upgradable).one == written.one, "no writer comes in at a downgrade");
        const auto reader = std::move(upgradable).downgrade();
        worker.linger();
        require((*reader).one == written.one, "no writer comes in at a downgrade");
    }

    void upgrade(Worker& worker) {
        auto upgradable = pair_.upgradable_read();
        const Pair seen = *upgradable;
        worker.linger();
        const auto writer = std::move(upgradable).upgrade();
        require((*writer).one == seen.one, "no writer comes in at an upgrade");
        add(*writer, worker);
    }

    void try_upgrade(Worker& worker) {
        auto upgradable = pair_.try_upgradable_read_for(worker.moment());
        if (!upgradable) return;
        if (const auto writer = std::move(*upgradable).try_upgrade_for(worker.moment())) {
            add(**writer, worker);
        } else {
            compare(**upgradable);
        }
    }

    static void compare(const Pair& pair) {
        require(pair.one == pair.other, "a reader sees no writer's half-done work");
    }

    Pair add(Pair& pair, Worker& worker) {
        compare(pair);
        ++pair.one;
        worker.linger();
        ++pair.other;
        counted_.fetch_add(1);
        return pair;
    }

    RwLock<Pair> pair_;
    std::atomic<std::uint64_t> counted_{0};
};

/// Moves between accounts of two locks, both held; what is lent in sum stays zero.
class LockAllActivity : public Activity {
  public:
    LockAllActivity() noexcept : Activity{"lock_all"} {}

    void check() override {
        require(!mine_.is_locked() && !yours_.is_locked(), "the locks of lock_all are free");
        require(mine_.get_mut() + yours_.get_mut() == 0, "lock_all lost no money");
    }

  private:
    void run(Worker& worker) override {
        const std::int64_t amount = worker.below(100);
        if (worker.below(2) == 0) {
            const auto [mine, yours] = lock_all(mine_, yours_.write_mode());
            transfer(*mine, *yours, amount, worker);
        } else if (worker.below(2) == 0) {
            const auto [yours, mine] = lock_all(yours_.write_mode(), mine_);
            transfer(*yours, *mine, amount, worker);
        } else {
            const auto [yours, mine] = lock_all(yours_.read_mode(), mine_);
            require(*yours + *mine == 0, "lock_all holds both locks");
        }
    }

    static void transfer(std::int64_t& from, std::int64_t& to, std::int64_t amount,
                         Worker& worker) {
        from -= amount;
        worker.linger();
        to += amount;
    }

    Mutex<std::int64_t> mine_{0};
    RwLock<std::int64_t> yours_{0};
};

}  // namespace parking_lot::soak
