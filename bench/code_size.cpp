// SPDX-License-Identifier: MIT
// One function per lock that locks and unlocks; nm tells how many bytes a call site costs.
#include "peers/all.hpp"

#define BENCH_PAIR(function, Lock)         \
    extern "C" void function(Lock& lock);  \
    extern "C" void function(Lock& lock) { \
        lock.lock();                       \
        lock.unlock();                     \
    }

using namespace bench;
BENCH_PAIR(pair_std, StdMutex)
BENCH_PAIR(pair_raw, OurRawMutex)
BENCH_PAIR(pair_raw_word, OurRawWordMutex)
BENCH_PAIR(pair_raw_fair, OurRawFairMutex)
