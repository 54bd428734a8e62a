// SPDX-License-Identifier: MIT
// Peers: Rust's parking_lot, behind C entry points (see rust_peer/).
#pragma once

#include <cstdint>
#include <type_traits>

#include "peers/peer.hpp"

extern "C" {
void rust_pl_mutex_lock(std::uint8_t* lock);
void rust_pl_mutex_unlock(std::uint8_t* lock);
void rust_pl_fair_lock(std::uint8_t* lock);
void rust_pl_fair_unlock(std::uint8_t* lock);
void rust_pl_rwlock_lock(std::uintptr_t* lock);
void rust_pl_rwlock_unlock(std::uintptr_t* lock);
void rust_pl_rwlock_lock_shared(std::uintptr_t* lock);
void rust_pl_rwlock_unlock_shared(std::uintptr_t* lock);
/// `held` is a locked Mutex.
void rust_pl_condvar_wait(std::uintptr_t* condvar, std::uint8_t* held);
void rust_pl_condvar_notify_one(std::uintptr_t* condvar);
void rust_pl_condvar_notify_all(std::uintptr_t* condvar);
/// Calls function(argument) if nobody did before.
void rust_pl_once_call(std::uint8_t* once, void (*function)(void*), void* argument);
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
    friend class RustCondvar;

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

class RustRwLock {
  public:
    static constexpr std::string_view kName = "rust-rwlock";

    void lock() { rust_pl_rwlock_lock(&state_); }
    void unlock() { rust_pl_rwlock_unlock(&state_); }
    void lock_shared() { rust_pl_rwlock_lock_shared(&state_); }
    void unlock_shared() { rust_pl_rwlock_unlock_shared(&state_); }

  private:
    // One word that starts as zero, asserted by rust_peer; so is the condition variable.
    std::uintptr_t state_ = 0;
};

class RustCondvar {
  public:
    static constexpr std::string_view kName = "rust-condvar";
    using Mutex = RustMutex;

    void wait(Mutex& held) { rust_pl_condvar_wait(&state_, &held.state_); }
    void notify_one() { rust_pl_condvar_notify_one(&state_); }
    void notify_all() { rust_pl_condvar_notify_all(&state_); }

  private:
    std::uintptr_t state_ = 0;
};

class RustOnce {
  public:
    static constexpr std::string_view kName = "rust-once";

    template <class Function>
    void call(Function&& function) {
        using Callee = std::remove_reference_t<Function>;
        rust_pl_once_call(
            &state_, [](void* callee) { (*static_cast<Callee*>(callee))(); }, &function);
    }

  private:
    // One byte that starts as zero, asserted by rust_peer.
    std::uint8_t state_ = 0;
};

using RustPeers = PeerList<RustMutex>;
using RustFairPeers = PeerList<RustFairMutex>;
using RustSharedPeers = PeerList<RustRwLock>;
using RustCondvarPeers = PeerList<RustCondvar>;
using RustOncePeers = PeerList<RustOnce>;
#else
using RustPeers = PeerList<>;
using RustFairPeers = PeerList<>;
using RustSharedPeers = PeerList<>;
using RustCondvarPeers = PeerList<>;
using RustOncePeers = PeerList<>;
#endif

}  // namespace bench
