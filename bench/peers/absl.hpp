// SPDX-License-Identifier: MIT
// Peers: absl::Mutex, which is a readers-writer lock too, absl::CondVar and absl::call_once.
#pragma once

#include <utility>

#include "peers/peer.hpp"

#if BENCH_HAVE_ABSL
#include <absl/base/call_once.h>
#include <absl/synchronization/mutex.h>
#endif

namespace bench {

#if BENCH_HAVE_ABSL
class AbslMutex {
  public:
    static constexpr std::string_view kName = "absl::Mutex";

    void lock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Lock(); }
    void unlock() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.Unlock(); }
    void lock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.ReaderLock(); }
    void unlock_shared() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.ReaderUnlock(); }

  private:
    friend class AbslCondvar;

    absl::Mutex mutex_;
};

class AbslCondvar {
  public:
    static constexpr std::string_view kName = "absl::CondVar";
    using Mutex = AbslMutex;

    void wait(Mutex& held) { condvar_.Wait(&held.mutex_); }
    void notify_one() { condvar_.Signal(); }
    void notify_all() { condvar_.SignalAll(); }

  private:
    absl::CondVar condvar_;
};

class AbslOnce {
  public:
    static constexpr std::string_view kName = "absl::call_once";

    template <class Function>
    void call(Function&& function) {
        absl::call_once(flag_, std::forward<Function>(function));
    }

  private:
    absl::once_flag flag_;
};

using AbslPeers = PeerList<AbslMutex>;
using AbslCondvarPeers = PeerList<AbslCondvar>;
using AbslOncePeers = PeerList<AbslOnce>;
#else
using AbslPeers = PeerList<>;
using AbslCondvarPeers = PeerList<>;
using AbslOncePeers = PeerList<>;
#endif

}  // namespace bench
