// SPDX-License-Identifier: MIT
// Our primitives as contestants, and a switch that puts RawMutex on its slower path.
#pragma once

#include <utility>

#include "parking_lot/parking_lot.hpp"
#include "parking_lot/std_backend.hpp"
#include "peers/peer.hpp"

namespace bench {

/// The lock in Mutex<T>.
struct OurRawWordMutex : parking_lot::RawWordMutex {
    static constexpr std::string_view kName = "RawWordMutex";
};

/// The same in one byte: differs where nobody contends, so it is compared there.
struct OurRawMutex : parking_lot::RawMutex {
    static constexpr std::string_view kName = "RawMutex";
};

struct OurRawFairMutex : parking_lot::RawFairMutex {
    static constexpr std::string_view kName = "RawFairMutex";
};

struct OurRawStdMutex : parking_lot::RawStdMutex {
    static constexpr std::string_view kName = "RawStdMutex";
};

struct OurRawRwLock : parking_lot::RawRwLock {
    static constexpr std::string_view kName = "RawRwLock";
};

struct OurRawStdRwLock : parking_lot::RawStdRwLock {
    static constexpr std::string_view kName = "RawStdRwLock";
};

struct OurRawReentrantMutex : parking_lot::RawReentrantMutex {
    static constexpr std::string_view kName = "RawReentrantMutex";
};

class OurCondvar {
  public:
    static constexpr std::string_view kName = "Condvar";
    using Mutex = OurRawWordMutex;

    void wait(Mutex& held) {
        // Its own type is what the condition variable knows how to requeue to.
        parking_lot::RawWordMutex& lock = held;
        condvar_.wait(lock);
    }
    void notify_one() { condvar_.notify_one(); }
    void notify_all() { condvar_.notify_all(); }

  private:
    parking_lot::Condvar condvar_;
};

class OurOnce {
  public:
    static constexpr std::string_view kName = "Once";

    template <class Function>
    void call(Function&& function) {
        once_.call_once(std::forward<Function>(function));
    }

  private:
    parking_lot::Once once_;
};

class OurSemaphore {
  public:
    static constexpr std::string_view kName = "Semaphore";

    void acquire() { semaphore_.acquire(); }
    void release() { semaphore_.release(); }

  private:
    parking_lot::Semaphore semaphore_{1};
};

class OurLatch {
  public:
    static constexpr std::string_view kName = "Latch";

    void count_down() { latch_.count_down(); }
    void wait() { latch_.wait(); }

  private:
    parking_lot::Latch latch_{kLatchCount};
};

using OurPeers = PeerList<OurRawWordMutex>;
using OurFairPeers = PeerList<OurRawFairMutex>;
using OurStdPeers = PeerList<OurRawStdMutex>;
using OurSharedPeers = PeerList<OurRawStdRwLock, OurRawRwLock>;
using OurReentrantPeers = PeerList<OurRawReentrantMutex>;
using OurCondvarPeers = PeerList<OurCondvar>;
using OurOncePeers = PeerList<OurOnce>;
using OurSemaphorePeers = PeerList<OurSemaphore>;
using OurLatchPeers = PeerList<OurLatch>;

/// While it lives, locks behave as where membarrier is refused: unlock is a read-modify-write.
/// Requires that no other thread uses a lock of this library meanwhile.
class WithoutMembarrier {
  public:
    WithoutMembarrier() : epoch_{parking_lot::detail::this_module.epoch.fetch_or(kNeedsRmw)} {}
    WithoutMembarrier(const WithoutMembarrier&) = delete;
    WithoutMembarrier& operator=(const WithoutMembarrier&) = delete;
    ~WithoutMembarrier() { parking_lot::detail::this_module.epoch.store(epoch_); }

  private:
    static constexpr std::uintptr_t kNeedsRmw = parking_lot::detail::kNeedsRmw;

    std::uintptr_t epoch_;
};

}  // namespace bench
