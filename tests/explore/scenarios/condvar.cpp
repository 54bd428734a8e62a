// SPDX-License-Identifier: MIT
// Scenarios of Condvar, with the locks whose queues take in notified threads, and with others.
#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <thread>

#include "explore/scenario.hpp"
#include "parking_lot/condvar.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

/// Two wait for the same news, and one brings it.
template <class Raw>
void notify_all(bool with_lock_held) {
    const Object<Raw> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> data{"data"};
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        condvar->wait(lock, [&]() { return *data != 0; });
        ++*data;
    };
    const auto notifies = [&]() {
        std::unique_lock lock{*mutex};
        *data = 1;
        if (!with_lock_held) lock.unlock();
        condvar->notify_all();
    };
    run(waits, waits, notifies);
    check(*data == 3, "an increment was lost");
}

SCENARIO(condvar, notify_all) { notify_all<RawMutex>(/*with_lock_held=*/true); }
SCENARIO(condvar, notify_all_unlocked) { notify_all<RawMutex>(/*with_lock_held=*/false); }
SCENARIO(condvar, notify_all_fair) { notify_all<RawFairMutex>(/*with_lock_held=*/true); }
SCENARIO(condvar, notify_all_fair_unlocked) { notify_all<RawFairMutex>(/*with_lock_held=*/false); }
SCENARIO(condvar, notify_all_rwlock) { notify_all<RawRwLock>(/*with_lock_held=*/true); }

/// More than are woken when the lock is free: the rest rely on the duty of those.
SCENARIO(condvar, notify_three) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> data{"data"};
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        condvar->wait(lock, [&]() { return *data != 0; });
        ++*data;
    };
    const auto notifies = [&]() {
        std::this_thread::yield();
        {
            const std::unique_lock lock{*mutex};
            *data = 1;
        }
        condvar->notify_all();
    };
    run(waits, waits, waits, notifies);
    check(*data == 4, "an increment was lost");
}

/// One leaves by its deadline, the other goes on waiting.
SCENARIO(condvar, one_gives_up) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> data{"data"};
    const auto hurries = [&]() {
        std::unique_lock lock{*mutex};
        (void)condvar->wait_for(lock, 300us);
    };
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        condvar->wait(lock, [&]() { return *data != 0; });
    };
    const auto notifies = [&]() {
        std::this_thread::yield();
        const std::unique_lock lock{*mutex};
        *data = 1;
        condvar->notify_all();
    };
    run(waits, hurries, notifies);
}

/// Each notification gets one thread on.
template <class Raw>
void notify_one() {
    const Object<Raw> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> jobs{"jobs"};
    const auto takes = [&]() {
        std::unique_lock lock{*mutex};
        condvar->wait(lock, [&]() { return *jobs > 0; });
        --*jobs;
    };
    const auto brings = [&]() {
        for (int i = 0; i < 2; ++i) {
            {
                const std::unique_lock lock{*mutex};
                ++*jobs;
            }
            condvar->notify_one();
        }
    };
    run(takes, takes, brings);
    check(*jobs == 0, "a job was lost");
}

SCENARIO(condvar, notify_one) { notify_one<RawMutex>(); }
SCENARIO(condvar, notify_one_word) { notify_one<RawWordMutex>(); }
SCENARIO(condvar, notify_one_fair) { notify_one<RawFairMutex>(); }

/// Notified threads meet one that only wants the lock.
SCENARIO(condvar, beside_the_lock) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> data{"data"};
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        condvar->wait(lock, [&]() { return *data != 0; });
        ++*data;
    };
    const auto notifies = [&]() {
        std::unique_lock lock{*mutex};
        ++*data;
        condvar->notify_all();
    };
    const auto locks = [&]() {
        const std::unique_lock lock{*mutex};
        ++*data;
    };
    run(waits, notifies, waits, locks);
    check(*data == 4, "an increment was lost");
}

/// Who is told to have notified a thread has; nobody returns for no reason.
template <class Raw>
void notified_or_not() {
    const Object<Raw> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    std::array<bool, 2> notified{};
    std::size_t counted = 0;
    const auto waits = [&](std::size_t index) {
        std::unique_lock lock{*mutex};
        notified[index] = condvar->wait_for(lock, 300us);
    };
    const auto notifies = [&]() {
        if (condvar->notify_one()) ++counted;
        const std::unique_lock lock{*mutex};
        counted += condvar->notify_all();
    };
    run([&]() { waits(0); }, [&]() { waits(1); }, notifies);
    check(counted == std::size_t{notified[0]} + std::size_t{notified[1]}, "a wrong report");
    check(mutex->try_lock(), "the lock is not free");
}

SCENARIO(condvar, notified_or_not) { notified_or_not<RawMutex>(); }
SCENARIO(condvar, notified_or_not_rwlock) { notified_or_not<RawRwLock>(); }

/// With a lock of its own for each.
template <class Raw>
void two_locks() {
    const Object<Raw> one{"one"};
    const Object<Raw> other{"other"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> data{"data"};
    const Object<int> more{"more"};
    const auto waits = [&](Raw& mutex, int& its) {
        std::unique_lock lock{mutex};
        condvar->wait(lock, [&]() { return its != 0; });
        ++its;
    };
    const auto notifies = [&]() {
        const std::scoped_lock lock{*one, *other};
        *data = *more = 1;
        condvar->notify_all();
    };
    run([&]() { waits(*one, *data); }, notifies, [&]() { waits(*other, *more); },
        [&]() { waits(*one, *data); });
    check(*data == 3 && *more == 2, "an increment was lost");
}

SCENARIO(condvar, two_locks) { two_locks<RawMutex>(); }
SCENARIO(condvar, two_locks_fair) { two_locks<RawFairMutex>(); }

/// All who wait have been notified: it may go, before they have returned.
SCENARIO(condvar, destroyed_after_notify) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    const Object<int> waiting{"waiting"};
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        if (*waiting < 0) return;  // too late
        ++*waiting;
        (void)condvar->wait_for(lock, 1h);
    };
    const auto notifies = [&]() {
        mutex->lock();
        const auto its = static_cast<std::size_t>(*waiting);
        *waiting = -1;
        const bool all = condvar->notify_all() == its;
        mutex->unlock();
        if (all) condvar.destroy();  // else one is on its way out, by its deadline
    };
    run(waits, waits, notifies);
}

#if PARKING_LOT_HAS_STOP_TOKEN
SCENARIO(condvar, stop_request) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<Condvar> condvar{"condvar"};
    std::stop_source source;
    bool notified = false;
    bool counted = false;
    const auto waits = [&]() {
        std::unique_lock lock{*mutex};
        notified = condvar->wait(lock, source.get_token());
    };
    run(waits, [&]() { source.request_stop(); }, [&]() { counted = condvar->notify_one(); });
    check(notified == counted, "a wrong report");
}
#endif

}  // namespace
}  // namespace explore
