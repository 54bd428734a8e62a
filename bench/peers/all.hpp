// SPDX-License-Identifier: MIT
// Every primitive the comparison knows, and the peers this build had to leave out.
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

using SharedPeers =
    decltype(StdSharedPeers{} + BoostSharedPeers{} + AbslPeers{} + TbbSharedPeers{} + NsyncPeers{} +
             RustSharedPeers{} + OurSharedPeers{});
using CondvarPeers = decltype(StdCondvarPeers{} + BoostCondvarPeers{} + AbslCondvarPeers{} +
                              RustCondvarPeers{} + OurCondvarPeers{});
using OncePeers = decltype(StdOncePeers{} + BoostOncePeers{} + AbslOncePeers{} + RustOncePeers{} +
                           OurOncePeers{});
using SemaphorePeers = decltype(StdSemaphorePeers{} + PosixSemaphorePeers{} + OurSemaphorePeers{});
using LatchPeers = decltype(StdLatchPeers{} + OurLatchPeers{});
using ReentrantPeers = decltype(StdReentrantPeers{} + BoostReentrantPeers{} + OurReentrantPeers{});

}  // namespace bench
