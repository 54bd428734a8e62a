// SPDX-License-Identifier: MIT
// Peer: boost::mutex.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_BOOST
#include <boost/thread/mutex.hpp>
#endif

namespace bench {

#if BENCH_HAVE_BOOST
struct BoostMutex : boost::mutex {
    static constexpr std::string_view kName = "boost::mutex";
};

using BoostPeers = PeerList<BoostMutex>;
#else
using BoostPeers = PeerList<>;
#endif

}  // namespace bench
