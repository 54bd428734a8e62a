// SPDX-License-Identifier: MIT
// Peer: std::mutex, the yardstick of every ratio.
#pragma once

#include <mutex>

#include "peers/peer.hpp"

namespace bench {

struct StdMutex : std::mutex {
    static constexpr std::string_view kName = "std::mutex";
};

using StdPeers = PeerList<StdMutex>;

}  // namespace bench
