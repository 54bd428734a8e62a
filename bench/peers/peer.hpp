// SPDX-License-Identifier: MIT
// What a lock must look like to take part in a comparison, and lists of such locks.
#pragma once

#include <concepts>
#include <string_view>

namespace bench {

template <class Lock>
concept Peer = std::default_initializable<Lock> && requires(Lock& lock) {
    { Lock::kName } -> std::convertible_to<std::string_view>;
    lock.lock();
    lock.unlock();
};

template <Peer... Locks>
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
