// SPDX-License-Identifier: MIT
// Whether a lock serves its waiters in the order in which they came.
#pragma once

#include <vector>

#include "harness/small_threads.hpp"
#include "peers/peer.hpp"

namespace bench {

/// Lets `threads` threads queue one after the other, `windows` times, and counts those that got the
/// lock in another place than their own.
template <Peer Lock>
double overtakings(unsigned windows, unsigned threads) {
    double count = 0;
    for (unsigned window = 0; window < windows; ++window) {
        Lock lock;
        std::vector<unsigned> order;
        lock.lock();
        {
            SmallThreads waiters;
            for (unsigned i = 0; i < threads; ++i) {
                waiters.start([&, i] {
                    lock.lock();
                    order.push_back(i);
                    lock.unlock();
                });
                waiters.wait_until_asleep(i);
            }
            lock.unlock();
        }
        for (unsigned i = 0; i < threads; ++i) count += order[i] == i ? 0 : 1;
    }
    return count;
}

}  // namespace bench
