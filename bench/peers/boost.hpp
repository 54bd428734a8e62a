// SPDX-License-Identifier: MIT
// Peers: Boost's mutexes, condition variable and call_once.
#pragma once

#include <utility>

#include "peers/peer.hpp"

#if BENCH_HAVE_BOOST
#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/once.hpp>
#include <boost/thread/recursive_mutex.hpp>
#include <boost/thread/shared_mutex.hpp>
#endif

namespace bench {

#if BENCH_HAVE_BOOST
struct BoostMutex : boost::mutex {
    static constexpr std::string_view kName = "boost::mutex";
};

struct BoostSharedMutex : boost::shared_mutex {
    static constexpr std::string_view kName = "boost::shared_mutex";
};

struct BoostRecursiveMutex : boost::recursive_mutex {
    static constexpr std::string_view kName = "boost::recursive_mutex";
};

class BoostCondvar {
  public:
    static constexpr std::string_view kName = "boost::condition_variable";
    using Mutex = BoostMutex;

    void wait(Mutex& held) {
        boost::unique_lock<boost::mutex> lock{held, boost::adopt_lock};
        condvar_.wait(lock);
        lock.release();
    }
    void notify_one() { condvar_.notify_one(); }
    void notify_all() { condvar_.notify_all(); }

  private:
    boost::condition_variable condvar_;
};

class BoostOnce {
  public:
    static constexpr std::string_view kName = "boost::call_once";

    template <class Function>
    void call(Function&& function) {
        boost::call_once(flag_, std::forward<Function>(function));
    }

  private:
    boost::once_flag flag_ = BOOST_ONCE_INIT;
};

using BoostPeers = PeerList<BoostMutex>;
using BoostSharedPeers = PeerList<BoostSharedMutex>;
using BoostReentrantPeers = PeerList<BoostRecursiveMutex>;
using BoostCondvarPeers = PeerList<BoostCondvar>;
using BoostOncePeers = PeerList<BoostOnce>;
#else
using BoostPeers = PeerList<>;
using BoostSharedPeers = PeerList<>;
using BoostReentrantPeers = PeerList<>;
using BoostCondvarPeers = PeerList<>;
using BoostOncePeers = PeerList<>;
#endif

}  // namespace bench
