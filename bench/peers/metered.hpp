// SPDX-License-Identifier: MIT
// Plain locks and the same locks metered, to be compared with each other.
#pragma once

#include "parking_lot/metered.hpp"
#include "peers/peer.hpp"

namespace bench {

inline constexpr std::string_view kPlain = "plain";
inline constexpr std::string_view kMetered = "metered";

struct PlainMutex : parking_lot::RawWordMutex {
    static constexpr std::string_view kName = kPlain;
};
struct MeteredMutex : parking_lot::metered::RawMutex {
    static constexpr std::string_view kName = kMetered;
    MeteredMutex() : parking_lot::metered::RawMutex{"bench"} {}
};
struct PlainRwLock : parking_lot::RawRwLock {
    static constexpr std::string_view kName = kPlain;
};
struct MeteredRwLock : parking_lot::metered::RawRwLock {
    static constexpr std::string_view kName = kMetered;
    MeteredRwLock() : parking_lot::metered::RawRwLock{"bench"} {}
};

using MeteredPeers = PeerList<PlainMutex, MeteredMutex>;
using MeteredSharedPeers = PeerList<PlainRwLock, MeteredRwLock>;

}  // namespace bench
