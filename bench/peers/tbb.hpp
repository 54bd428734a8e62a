// SPDX-License-Identifier: MIT
// Peer: tbb::mutex.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_TBB
#include <oneapi/tbb/mutex.h>
#endif

namespace bench {

#if BENCH_HAVE_TBB
struct TbbMutex : tbb::mutex {
    static constexpr std::string_view kName = "tbb::mutex";
};

using TbbPeers = PeerList<TbbMutex>;
#else
using TbbPeers = PeerList<>;
#endif

}  // namespace bench
