// SPDX-License-Identifier: MIT
// Peer: absl::Mutex.
#pragma once

#include "peers/peer.hpp"

#if BENCH_HAVE_ABSL
#include <absl/synchronization/mutex.h>
#endif

namespace bench {

#if BENCH_HAVE_ABSL
class AbslMutex {
  public:
    static constexpr std::string_view kName = "absl::Mutex";

    void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
    void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }

  private:
    absl::Mutex mutex_;
};

using AbslPeers = PeerList<AbslMutex>;
#else
using AbslPeers = PeerList<>;
#endif

}  // namespace bench
