// SPDX-License-Identifier: MIT
// Scenarios of RawMutex, RawFairMutex and RawWordMutex.
#include <chrono>

#include "explore/scenario.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

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
    run([&]() { increment(*mutex, *data, rounds); }, [&]() { increment(*mutex, *data, rounds); });
    check(*data == 2 * rounds, "mutual exclusion");
}

template <class Raw>
void three_threads() {
    const Object<Raw> mutex{"mutex"};
    const Object<int> data{"data"};
    run([&]() { increment(*mutex, *data); }, [&]() { increment(*mutex, *data); },
        [&]() { increment(*mutex, *data); });
    check(*data == 3, "mutual exclusion");
}

SCENARIO(mutex, two_threads) { two_threads<RawMutex>(1); }
SCENARIO(mutex, two_threads_twice) { two_threads<RawMutex>(2); }
SCENARIO(mutex, three_threads) { three_threads<RawMutex>(); }

}  // namespace
}  // namespace explore
