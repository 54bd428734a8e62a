// SPDX-License-Identifier: MIT
// Peers: Rust's parking_lot, Mutex and FairMutex, behind C entry points (see rust_peer/).
#pragma once

#include <cstdint>

#include "peers/peer.hpp"

extern "C" {
void rust_pl_mutex_lock(std::uint8_t* lock);
void rust_pl_mutex_unlock(std::uint8_t* lock);
void rust_pl_fair_lock(std::uint8_t* lock);
void rust_pl_fair_unlock(std::uint8_t* lock);
/// Does nothing: two of these are what the C entry points add to a lock+unlock pair.
void rust_pl_nop(std::uint8_t* lock);
/// `pairs` times lock+unlock of a Mutex, inlined by the Rust compiler.
void rust_pl_uncontended_loop(std::uint8_t* lock, std::uint64_t pairs);
}

namespace bench {

#if BENCH_HAVE_RUST
class RustMutex {
  public:
    static constexpr std::string_view kName = "rust";

    void lock() { rust_pl_mutex_lock(&state_); }
    void unlock() { rust_pl_mutex_unlock(&state_); }

  private:
    // The crate's RawMutex is one byte that starts as zero; rust_peer asserts both.
    std::uint8_t state_ = 0;
};

class RustFairMutex {
  public:
    static constexpr std::string_view kName = "rust-fair";

    void lock() { rust_pl_fair_lock(&state_); }
    void unlock() { rust_pl_fair_unlock(&state_); }

  private:
    std::uint8_t state_ = 0;
};

using RustPeers = PeerList<RustMutex>;
using RustFairPeers = PeerList<RustFairMutex>;
#else
using RustPeers = PeerList<>;
using RustFairPeers = PeerList<>;
#endif

}  // namespace bench
