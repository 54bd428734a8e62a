// SPDX-License-Identifier: MIT
// Peers: boost::mutex, boost::shared_mutex and boost::recursive_mutex.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_BOOST
#include <boost/thread/mutex.hpp>
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

using BoostPeers = PeerList<BoostMutex>;
using BoostSharedPeers = PeerList<BoostSharedMutex>;
using BoostReentrantPeers = PeerList<BoostRecursiveMutex>;
#else
using BoostPeers = PeerList<>;
using BoostSharedPeers = PeerList<>;
using BoostReentrantPeers = PeerList<>;
#endif

}  // namespace bench
