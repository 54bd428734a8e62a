// SPDX-License-Identifier: MIT
// What a lock or other primitive must look like to take part in a comparison, and lists of such.
#pragma once

#include <concepts>
#include <string_view>

namespace bench {

template <class Primitive>
concept Named = std::default_initializable<Primitive> && requires {
    { Primitive::kName } -> std::convertible_to<std::string_view>;
};

template <class Lock>
concept Peer = Named<Lock> && requires(Lock& lock) {
    lock.lock();
    lock.unlock();
};

template <class Lock>
concept SharedPeer = Peer<Lock> && requires(Lock& lock) {
    lock.lock_shared();
    lock.unlock_shared();
};

/// A condition variable for the locks of type Mutex.
template <class Condvar>
concept CondvarPeer = Named<Condvar> && Peer<typename Condvar::Mutex> &&
                      requires(Condvar& condvar, typename Condvar::Mutex& held) {
                          condvar.wait(held);
                          condvar.notify_one();
                          condvar.notify_all();
                      };

/// Something whose call(function) calls the function if nobody did before.
template <class Once>
concept OncePeer = Named<Once> && requires(Once& once) { once.call([] {}); };

/// Starts with one permit.
template <class Semaphore>
concept SemaphorePeer = Named<Semaphore> && requires(Semaphore& semaphore) {
    semaphore.acquire();
    semaphore.release();
};

/// Starts with a count of kLatchCount.
template <class Latch>
concept LatchPeer = Named<Latch> && requires(Latch& latch) {
    latch.count_down();
    latch.wait();
};

inline constexpr unsigned kLatchCount = 8;

template <Named... Locks>
struct PeerList {};

template <class... A, class... B>
constexpr PeerList<A..., B...> operator+(PeerList<A...>, PeerList<B...>) {
    return {};
}

/// Calls `visit.operator()<Lock>()` for each lock of the list.
template <class... Locks, class Visit>
void for_each_peer(PeerList<Locks...>, Visit visit) {
    (visit.template operator()<Locks>(), ...);
}

}  // namespace bench
