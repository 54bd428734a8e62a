// SPDX-License-Identifier: MIT
// Every lock the comparison knows, and the peers this build had to leave out.
#pragma once

#include "peers/absl.hpp"
#include "peers/boost.hpp"
#include "peers/nsync.hpp"
#include "peers/ours.hpp"
#include "peers/peer.hpp"
#include "peers/pthread.hpp"
#include "peers/rust.hpp"
#include "peers/std.hpp"
#include "peers/tbb.hpp"

namespace bench {

using UnfairPeers =
    decltype(StdPeers{} + PlainPthreadPeers{} + AdaptivePthreadPeers{} + BoostPeers{} +
             AbslPeers{} + TbbPeers{} + NsyncPeers{} + RustPeers{} + OurStdPeers{} + OurPeers{});
using FairPeers = decltype(RustFairPeers{} + OurFairPeers{});
using AllPeers = decltype(UnfairPeers{} + FairPeers{});

}  // namespace bench
