// SPDX-License-Identifier: MIT
// Peer: nsync_mu, which is a readers-writer lock too.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_NSYNC
#include <nsync.h>
#endif

namespace bench {

#if BENCH_HAVE_NSYNC
class NsyncMutex {
  public:
    static constexpr std::string_view kName = "nsync_mu";

    NsyncMutex() { nsync::nsync_mu_init(&mutex_); }
    void lock() { nsync::nsync_mu_lock(&mutex_); }
    void unlock() { nsync::nsync_mu_unlock(&mutex_); }
    void lock_shared() { nsync::nsync_mu_rlock(&mutex_); }
    void unlock_shared() { nsync::nsync_mu_runlock(&mutex_); }

  private:
    nsync::nsync_mu mutex_;
};

using NsyncPeers = PeerList<NsyncMutex>;
#else
using NsyncPeers = PeerList<>;
#endif

}  // namespace bench
