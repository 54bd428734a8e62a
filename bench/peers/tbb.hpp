// SPDX-License-Identifier: MIT
// Peers: tbb::mutex and tbb::rw_mutex.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_TBB
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
#endif

namespace bench {

#if BENCH_HAVE_TBB
struct TbbMutex : tbb::mutex {
    static constexpr std::string_view kName = "tbb::mutex";
};

struct TbbRwMutex : tbb::rw_mutex {
    static constexpr std::string_view kName = "tbb::rw_mutex";
};

using TbbPeers = PeerList<TbbMutex>;
using TbbSharedPeers = PeerList<TbbRwMutex>;
#else
using TbbPeers = PeerList<>;
using TbbSharedPeers = PeerList<>;
#endif

}  // namespace bench
