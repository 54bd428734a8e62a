// SPDX-License-Identifier: MIT
// Scenarios of await: waits for a condition, with the lock released.
#include <chrono>
#include <exception>

#include "explore/scenario.hpp"
#include "parking_lot/latch.hpp"
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

template <class Raw>
void increment(Raw& lock, int& data) {
    lock.lock();
    ++data;
    lock.unlock();
}

/// Waits until `data` is at least `awaited`, and adds one.
template <class Raw>
void increment_from(Raw& lock, int& data, int awaited) {
    lock.lock();
    check(lock.await(Deadline::never(), [&]() { return data >= awaited; }), "no time-out");
    check(data >= awaited, "the condition does not hold");
    ++data;
    lock.unlock();
}

/// Each lets the next one go on; one is in between.
template <class Raw>
void chain() {
    const Object<Raw> lock{"lock"};
    const Object<int> data{"data"};
    run([&]() { increment_from(*lock, *data, 2); }, [&]() { increment_from(*lock, *data, 1); },
        [&]() { increment(*lock, *data); }, [&]() { increment(*lock, *data); });
    check(*data == 4, "an increment was lost");
}

SCENARIO(await, chain) { chain<RawMutex>(); }
SCENARIO(await, chain_word) { chain<RawWordMutex>(); }
SCENARIO(await, chain_fair) { chain<RawFairMutex>(); }
SCENARIO(await, chain_rwlock) { chain<RawRwLock>(); }

/// Those who lock and unlock, plainly and fairly, while one waits.
template <class Raw>
void in_a_crowd() {
    const Object<Raw> lock{"lock"};
    const Object<int> data{"data"};
    const auto adds_two = [&]() {
        increment(*lock, *data);
        lock->lock();
        ++*data;
        lock->bump();
        lock->unlock_fair();
    };
    run([&]() { increment_from(*lock, *data, 3); }, adds_two, adds_two);
    check(*data == 5, "an increment was lost");
}

SCENARIO(await, in_a_crowd) { in_a_crowd<RawMutex>(); }
SCENARIO(await, in_a_crowd_rwlock) { in_a_crowd<RawRwLock>(); }

/// Who lets the other go on, and then waits for it itself, has to ask before it waits.
SCENARIO(await, answer) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto asks = [&]() {
        mutex->lock();
        ++*data;
        (void)mutex->await(Deadline::never(), [&]() { return *data == 2; });
        mutex->unlock();
    };
    run([&]() { increment_from(*mutex, *data, 1); }, asks);
    check(*data == 2, "an increment was lost");
}

/// One takes turns with the other, which is what a queue of one place makes of two threads.
SCENARIO(await, turns) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto takes_turns = [&](int mine) {
        for (int round = 0; round < 2; ++round) {
            mutex->lock();
            (void)mutex->await(Deadline::never(), [&]() { return *data % 2 == mine; });
            ++*data;
            mutex->unlock();
        }
    };
    run([&]() { takes_turns(0); }, [&]() { takes_turns(1); });
    check(*data == 4, "an increment was lost");
}

/// At the deadline the predicate has the last word, and the others go on.
template <class Raw>
void gives_up(std::chrono::microseconds patience) {
    const Object<Raw> lock{"lock"};
    const Object<int> data{"data"};
    const auto hurries = [&]() {
        lock->lock();
        const bool holds = lock->await(Deadline::after(patience), [&]() { return *data >= 1; });
        check(holds == (*data >= 1), "a wrong report");
        lock->unlock();
    };
    run(
        hurries, [&]() { increment_from(*lock, *data, 1); }, hurries,
        [&]() { increment(*lock, *data); });
    check(*data == 2, "an increment was lost");
}

SCENARIO(await, gives_up) { gives_up<RawMutex>(either() ? 8us : 300us); }
SCENARIO(await, gives_up_rwlock) { gives_up<RawRwLock>(either() ? 8us : 300us); }

/// Readers that wait go on together, beside an upgradable one.
SCENARIO(await, readers) {
    const Object<RawRwLock> lock{"lock"};
    const Object<int> data{"data"};
    const auto reads = [&]() {
        lock->lock_shared();
        check(lock->await_shared(Deadline::never(), [&]() { return *data >= 1; }), "no time-out");
        check(*data >= 1, "the condition does not hold");
        lock->unlock_shared();
    };
    const auto upgrades = [&]() {
        lock->lock_upgradable();
        check(lock->await_upgradable(Deadline::never(), [&]() { return *data >= 1; }),
              "no time-out");
        lock->upgrade();
        ++*data;
        lock->unlock();
    };
    run(reads, reads, upgrades, [&]() { increment(*lock, *data); });
    check(*data == 2, "an increment was lost");
}

/// The exception of a predicate goes to the thread that waits.
SCENARIO(await, predicate_throws) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto exception = std::make_exception_ptr(1);
    const auto waits = [&]() {
        mutex->lock();
        try {
            (void)mutex->await(Deadline::never(), [&]() {
                if (*data == 1) std::rethrow_exception(exception);
                return *data >= 2;
            });
        } catch (int) {
            check(*data == 1, "an exception of another time");
        }
        ++*data;
        mutex->unlock();
    };
    run(waits, [&]() { increment(*mutex, *data); }, [&]() { increment_from(*mutex, *data, 2); });
    check(*data == 3, "an increment was lost");
}

/// The one who waited destroys the lock; who let it go on may still be in its unlock.
template <class Raw>
void destroyed() {
    const Object<Raw> lock{"lock"};
    const Object<int> data{"data"};
    run(
        [&]() {
            increment_from(*lock, *data, 1);
            lock.destroy();
        },
        [&]() { increment(*lock, *data); });
}

SCENARIO(await, destroyed) { destroyed<RawMutex>(); }
SCENARIO(await, destroyed_word) { destroyed<RawWordMutex>(); }
SCENARIO(await, destroyed_fair) { destroyed<RawFairMutex>(); }
SCENARIO(await, destroyed_rwlock) { destroyed<RawRwLock>(); }

/// A condition that holds when it is asked, but not any more when the waiting thread has the lock.
template <class Raw>
void moved_in_vain() {
    const Object<Raw> lock{"lock"};
    const Object<int> items{"items"};
    const auto takes = [&]() {
        lock->lock();
        (void)lock->await(Deadline::never(), [&]() { return *items > 0; });
        --*items;
        lock->unlock();
    };
    run(takes, takes, takes, [&]() {
        increment(*lock, *items);
        lock->lock();
        *items += 2;
        lock->unlock();
    });
    check(*items == 0, "an item was lost");
}

SCENARIO(await, moved_in_vain) { moved_in_vain<RawMutex>(); }
SCENARIO(await, moved_in_vain_fair) { moved_in_vain<RawFairMutex>(); }
SCENARIO(await, moved_in_vain_rwlock) { moved_in_vain<RawRwLock>(); }

/// A reader can go on beside one who keeps the lock for upgradable reading, and must not wait for a
/// writer that cannot.
SCENARIO(await, beside_an_upgradable_reader) {
    const Object<RawRwLock> lock{"lock"};
    const Object<int> data{"data"};
    const Object<Latch> has_read{"has_read", 1u};
    const Object<Latch> wait{"wait", 2u};
    const auto holds = [&]() { return *data >= 1; };
    run(
        [&]() {
            lock->lock();
            wait->count_down();
            (void)lock->await(Deadline::never(), holds);
            lock->unlock();
        },
        [&]() {
            lock->lock_shared();
            wait->count_down();
            (void)lock->await_shared(Deadline::never(), holds);
            has_read->count_down();
            lock->unlock_shared();
        },
        [&]() {
            wait->wait();
            lock->lock();
            *data = 1;
            lock->downgrade_to_upgradable();
            has_read->wait();
            lock->unlock_upgradable();
        });
}

#if PARKING_LOT_HAS_STOP_TOKEN
SCENARIO(await, stop_request) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    std::stop_source source;
    const auto waits = [&]() {
        mutex->lock();
        const bool holds = mutex->await(source.get_token(), [&]() { return *data >= 1; });
        check(holds == (*data >= 1), "a wrong report");
        mutex->unlock();
    };
    run(waits, [&]() { source.request_stop(); }, [&]() { increment(*mutex, *data); });
}
#endif

}  // namespace
}  // namespace explore
