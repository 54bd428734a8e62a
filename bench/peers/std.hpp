// SPDX-License-Identifier: MIT
// Peers: the standard library, the yardstick of every ratio.
#pragma once

#include <condition_variable>
#include <latch>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <utility>

#include "peers/peer.hpp"

namespace bench {

struct StdMutex : std::mutex {
    static constexpr std::string_view kName = "std::mutex";
};

struct StdSharedMutex : std::shared_mutex {
    static constexpr std::string_view kName = "std::shared_mutex";
};

struct StdRecursiveMutex : std::recursive_mutex {
    static constexpr std::string_view kName = "std::recursive_mutex";
};

class StdCondvar {
  public:
    static constexpr std::string_view kName = "std::condition_variable";
    using Mutex = StdMutex;

    void wait(Mutex& held) {
        std::unique_lock<std::mutex> lock{held, std::adopt_lock};
        condvar_.wait(lock);
        lock.release();
    }
    void notify_one() { condvar_.notify_one(); }
    void notify_all() { condvar_.notify_all(); }

  private:
    std::condition_variable condvar_;
};

class StdOnce {
  public:
    static constexpr std::string_view kName = "std::call_once";

    template <class Function>
    void call(Function&& function) {
        std::call_once(flag_, std::forward<Function>(function));
    }

  private:
    std::once_flag flag_;
};

class StdSemaphore {
  public:
    static constexpr std::string_view kName = "std::counting_semaphore";

    void acquire() { semaphore_.acquire(); }
    void release() { semaphore_.release(); }

  private:
    std::counting_semaphore<> semaphore_{1};
};

class StdLatch {
  public:
    static constexpr std::string_view kName = "std::latch";

    void count_down() { latch_.count_down(); }
    void wait() { latch_.wait(); }

  private:
    std::latch latch_{kLatchCount};
};

using StdPeers = PeerList<StdMutex>;
using StdSharedPeers = PeerList<StdSharedMutex>;
using StdReentrantPeers = PeerList<StdRecursiveMutex>;
using StdCondvarPeers = PeerList<StdCondvar>;
using StdOncePeers = PeerList<StdOnce>;
using StdSemaphorePeers = PeerList<StdSemaphore>;
using StdLatchPeers = PeerList<StdLatch>;

}  // namespace bench
