// SPDX-License-Identifier: MIT
// Our locks as contestants, and a switch that puts RawMutex on its slower path.
#pragma once

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

using OurPeers = PeerList<OurRawWordMutex>;
using OurFairPeers = PeerList<OurRawFairMutex>;
using OurStdPeers = PeerList<OurRawStdMutex>;

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
