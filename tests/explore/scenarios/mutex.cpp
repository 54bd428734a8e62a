// SPDX-License-Identifier: MIT
// Scenarios of RawMutex, RawWordMutex and RawFairMutex.
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "explore/runtime/system.hpp"
#include "explore/scenario.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_reentrant_mutex.hpp"
#include "parking_lot/raw_rwlock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

/// What the threads do to the data that the lock protects. That they exclude each other is told by
/// the race detector.
template <class Raw>
void increment(Raw& mutex, int& data, int rounds = 1) {
    for (int i = 0; i < rounds; ++i) {
        mutex.lock();
        ++data;
        mutex.unlock();
    }
}

template <class Raw>
void two_threads(int rounds) {
    const Object<Raw> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto body = [&]() { increment(*mutex, *data, rounds); };
    run(body, body);
    check(*data == 2 * rounds, "an increment was lost");
    check(!mutex->is_locked(), "the lock is not free");
}

template <class Raw>
void three_threads() {
    const Object<Raw> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto body = [&]() { increment(*mutex, *data); };
    run(body, body, body);
    check(*data == 3, "an increment was lost");
    check(!mutex->is_locked(), "the lock is not free");
}

SCENARIO(mutex, two_threads) { two_threads<RawMutex>(1); }
SCENARIO(mutex, two_threads_twice) { two_threads<RawMutex>(2); }
SCENARIO(mutex, three_threads) { three_threads<RawMutex>(); }
SCENARIO(mutex, word) { three_threads<RawWordMutex>(); }
SCENARIO(mutex, fair) { three_threads<RawFairMutex>(); }
SCENARIO(mutex, fair_twice) { two_threads<RawFairMutex>(2); }

SCENARIO(mutex, three_threads_twice) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto body = [&]() { increment(*mutex, *data, 2); };
    run(body, body, body);
    check(*data == 6, "an increment was lost");
}

SCENARIO(mutex, try_lock) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    bool got_it = false;
    const auto tries = [&]() {
        got_it = mutex->try_lock();
        if (!got_it) return;
        ++*data;
        mutex->unlock();
    };
    run([&]() { increment(*mutex, *data, 2); }, tries);
    check(*data == (got_it ? 3 : 2), "an increment was lost");
}

/// How long those who give up wait, in microseconds of the simulated clock, which counts its
/// readings: some until just before they sleep, some until just after they were woken.
std::chrono::microseconds some_patience() {
    if (either()) return either() ? 4us : 8us;
    return either() ? 16us : 300us;
}

/// Two who wait in earnest, and one who gives up: perhaps after it was woken, with a duty.
SCENARIO(mutex, one_gives_up) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto patience = some_patience();
    bool got_it = false;
    const auto hurries = [&]() {
        got_it = mutex->try_lock_for(patience);
        if (!got_it) return;
        ++*data;
        mutex->unlock();
    };
    const auto body = [&]() { increment(*mutex, *data, 2); };
    run(body, hurries, body);
    check(*data == (got_it ? 5 : 4), "an increment was lost");
}

SCENARIO(mutex, all_may_give_up) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    std::array<int, 3> got_it{};
    const auto hurries = [&](std::size_t index) {
        if (!mutex->try_lock_for(300us)) return;
        got_it[index] = 1;
        ++*data;
        mutex->unlock();
    };
    run([&]() { hurries(0); }, [&]() { hurries(1); }, [&]() { hurries(2); });
    check(*data == got_it[0] + got_it[1] + got_it[2], "an increment was lost");
    check(*data > 0, "nobody got a lock that was free");
    check(mutex->try_lock(), "the lock is not free");
}

/// The one who gives up was woken, with the duty to see to the other who waits, but overtaken.
SCENARIO(mutex, duty_is_passed_on) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto patience = some_patience();
    bool got_it = false;
    const auto hurries = [&]() {
        got_it = mutex->try_lock_for(patience);
        if (!got_it) return;
        ++*data;
        mutex->unlock();
    };
    const auto overtakes = [&]() {
        for (int i = 0; i < 2; ++i) {
            mutex->lock();
            ++*data;
            for (int turn = 0; turn < 3; ++turn) std::this_thread::yield();
            mutex->unlock();
        }
    };
    run(overtakes, hurries, [&]() { increment(*mutex, *data); });
    check(*data == (got_it ? 4 : 3), "an increment was lost");
}

SCENARIO(mutex, unlock_fair) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto fairly = [&]() {
        for (int i = 0; i < 2; ++i) {
            mutex->lock();
            ++*data;
            mutex->unlock_fair();
        }
    };
    const auto body = [&]() { increment(*mutex, *data); };
    run(fairly, body, body);
    check(*data == 4, "an increment was lost");
}

SCENARIO(mutex, bump) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto bumps = [&]() {
        mutex->lock();
        ++*data;
        mutex->bump();
        ++*data;
        mutex->unlock();
    };
    const auto body = [&]() { increment(*mutex, *data); };
    run(bumps, body, body);
    check(*data == 4, "an increment was lost");
}

/// The pattern of reference counts: whoever was the last to hold the lock destroys it, while the
/// unlock of the one before may not have returned.
template <class Raw>
void last_one_destroys(bool fairly) {
    const Object<Raw> mutex{"mutex"};
    const Object<int> users{"users", 3};
    const auto body = [&]() {
        mutex->lock();
        const bool is_last = --*users == 0;
        fairly ? mutex->unlock_fair() : mutex->unlock();
        if (is_last) mutex.destroy();
    };
    run(body, body, body);
    check(*users == 0, "a decrement was lost");
}

SCENARIO(mutex, destroyed_after_unlock) { last_one_destroys<RawMutex>(/*fairly=*/false); }
SCENARIO(mutex, destroyed_after_unlock_fair) { last_one_destroys<RawMutex>(/*fairly=*/true); }
SCENARIO(mutex, fair_destroyed) { last_one_destroys<RawFairMutex>(/*fairly=*/false); }

/// To get at what comes after the spinning.
template <class Policy>
struct NoSpinning : Policy {
    static constexpr parking_lot::detail::Spin::Limits kSpin{.pauses = 0, .yields = 0};
};

/// The first to wait heats the lock just while its owner unlocks it by plain store.
template <class Raw>
void heated() {
    const Object<Raw> mutex{"mutex"};
    const Object<int> data{"data"};
    mutex->lock();  // for the first thread
    run([&]() { mutex->unlock(); }, [&]() { increment(*mutex, *data); });
    check(*data == 1, "an increment was lost");
}

SCENARIO(mutex, heated) { heated<BasicRawMutex<NoSpinning<policy::Barging>>>(); }
SCENARIO(rwlock, heated) { heated<BasicRawRwLock<NoSpinning<policy::TaskFair>>>(); }

/// Where a lock was, there is another one soon after: late wake-ups, by address, must do no harm.
SCENARIO(mutex, memory_is_reused) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> users{"users", 2};
    const Object<int> data{"data"};
    std::atomic<bool> is_new{false};
    const auto body = [&]() {
        mutex->lock();
        const bool is_last = --*users == 0;
        mutex->unlock();
        if (!is_last) return;
        mutex.destroy();
        mutex.construct();
        is_new.store(true, std::memory_order_release);
        increment(*mutex, *data, 2);
    };
    const auto comes_later = [&]() {
        if (is_new.load(std::memory_order_acquire)) increment(*mutex, *data, 2);
    };
    run(body, body, comes_later, comes_later);
    check(*users == 0 && *data >= 2, "an increment was lost");
}

/// Another mutex whose waiters are in the same bucket.
RawMutex& same_bucket(const RawMutex& mutex) {
    static std::array<RawMutex, 1 << 18> mutexes;
    auto& table = parking_lot::detail::table();
    for (RawMutex& other : mutexes) {
        if (&table.bucket_of(&other) == &table.bucket_of(&mutex)) return *new (&other) RawMutex;
    }
    check(false, "explore: no two locks with one bucket");
    return mutexes[0];
}

SCENARIO(mutex, two_in_one_bucket) {
    const Object<RawMutex> one{"one"};
    RawMutex& other = same_bucket(*one);
    name(&other, sizeof(other), "other");
    const Object<int> data{"data"};
    const Object<int> more{"more"};
    const auto body = [&]() {
        increment(*one, *data);
        increment(other, *more);
    };
    const auto other_way_round = [&]() {
        increment(other, *more);
        increment(*one, *data);
    };
    run(body, other_way_round, body);
    check(*data == 3 && *more == 3, "an increment was lost");
}

/// The plain-store unlock, for this process: forbidden, and allowed again.
void forbid_plain_stores() {
    auto& module = parking_lot::detail::this_module;
    module.owner->fence_works = false;
    module.epoch.fetch_or(parking_lot::detail::kNeedsRmw, std::memory_order_relaxed);
}
void allow_plain_stores() {
    auto& module = parking_lot::detail::this_module;
    module.owner->fence_works = true;
    module.epoch.fetch_and(~parking_lot::detail::kNeedsRmw, std::memory_order_relaxed);
}

SCENARIO(mutex, without_membarrier) {
    forbid_plain_stores();
    three_threads<RawMutex>();
    allow_plain_stores();
}

/// A sandbox is put up while the program runs.
SCENARIO(mutex, membarrier_taken_away) {
    membarrier_works = false;
    three_threads<RawMutex>();
    membarrier_works = true;
    allow_plain_stores();
}

/// The second lock that is heated finds that the fence does not work any more.
SCENARIO(mutex, membarrier_taken_away_for_good) {
    const Object<RawMutex> one{"one"};
    const Object<RawMutex> other{"other"};
    const Object<int> data{"data"};
    const Object<int> more{"more"};
    membarrier_works = false;
    const auto slowly = [](RawMutex& mutex, int& value) {
        mutex.lock();
        ++value;
        std::this_thread::yield();
        mutex.unlock();
    };
    const auto body = [&]() {
        slowly(*one, *data);
        slowly(*other, *more);
    };
    run(body, body);
    membarrier_works = true;
    allow_plain_stores();
    check(*data == 2 && *more == 2, "an increment was lost");
}

SCENARIO(mutex, reentrant) {
    const Object<RawReentrantMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const auto body = [&]() {
        for (int i = 0; i < 2; ++i) {
            mutex->lock();
            increment(*mutex, *data);
            ++*data;
            mutex->unlock();
        }
    };
    run(body, body);
    check(*data == 8, "an increment was lost");
}

#if PARKING_LOT_HAS_STOP_TOKEN
SCENARIO(mutex, stop_request) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    std::stop_source source;
    bool got_it = false;
    const auto may_stop = [&]() {
        got_it = mutex->lock(source.get_token());
        if (!got_it) return;
        ++*data;
        mutex->unlock();
    };
    const auto stops = [&]() {
        mutex->lock();
        ++*data;
        source.request_stop();
        mutex->unlock();
    };
    run(stops, may_stop, [&]() { increment(*mutex, *data); });
    check(*data == (got_it ? 3 : 2), "an increment was lost");
}
#endif

}  // namespace
}  // namespace explore
