// SPDX-License-Identifier: MIT
// How each kind of section is begun in each way: the library's functions under common names.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "fuzz/oracle.hpp"
#include "parking_lot/lock_owned.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"

namespace parking_lot::fuzz {

using Duration = std::chrono::nanoseconds;

/// The functions whose names are made of `verb`. `stop` is a stop token or left out, `limit` a
/// time.
#define PARKING_LOT_FUZZ_WAYS(Name, mode, verb)                                           \
    struct Name {                                                                         \
        static constexpr Mode kMode = mode;                                               \
                                                                                          \
        static auto lock(auto& lock, auto... stop) { return lock.verb(stop...); }         \
        static auto try_lock(auto& lock) { return lock.try_##verb(); }                    \
        static auto lock_for(auto& lock, Duration d) { return lock.try_##verb##_for(d); } \
        static auto lock_until(auto& lock, auto t) { return lock.try_##verb##_until(t); } \
                                                                                          \
        static auto lock_when(auto& lock, Predicate predicate) {                          \
            return lock.verb##_when(predicate);                                           \
        }                                                                                 \
        static auto lock_when(auto& lock, auto stop, Predicate predicate) {               \
            return lock.verb##_when(stop, predicate);                                     \
        }                                                                                 \
        static auto lock_when_for(auto& lock, Duration d, Predicate predicate) {          \
            return lock.try_##verb##_when_for(d, predicate);                              \
        }                                                                                 \
        static auto lock_when_until(auto& lock, auto time, Predicate predicate) {         \
            return lock.try_##verb##_when_until(time, predicate);                         \
        }                                                                                 \
                                                                                          \
        template <class Lock>                                                             \
        static auto lock_owned(std::shared_ptr<Lock> lock, auto... stop) {                \
            return parking_lot::verb##_owned(std::move(lock), stop...);                   \
        }                                                                                 \
        template <class Lock>                                                             \
        static auto try_lock_owned(std::shared_ptr<Lock> lock) {                          \
            return parking_lot::try_##verb##_owned(std::move(lock));                      \
        }                                                                                 \
        template <class Lock>                                                             \
        static auto lock_owned_for(std::shared_ptr<Lock> lock, Duration duration) {       \
            return parking_lot::try_##verb##_owned_for(std::move(lock), duration);        \
        }                                                                                 \
        template <class Lock>                                                             \
        static auto lock_owned_until(std::shared_ptr<Lock> lock, auto time) {             \
            return parking_lot::try_##verb##_owned_until(std::move(lock), time);          \
        }                                                                                 \
                                                                                          \
        static void with_lock(auto& lock, auto function) {                                \
            if constexpr (requires { lock.with_##verb(function); }) {                     \
                lock.with_##verb(function);                                               \
            } else {                                                                      \
                const auto guard = lock.verb();                                           \
                function(*guard);                                                         \
            }                                                                             \
        }                                                                                 \
    }

PARKING_LOT_FUZZ_WAYS(Locking, Mode::Exclusive, lock);
PARKING_LOT_FUZZ_WAYS(Writing, Mode::Exclusive, write);
PARKING_LOT_FUZZ_WAYS(Reading, Mode::Shared, read);
PARKING_LOT_FUZZ_WAYS(UpgradableReading, Mode::Upgradable, upgradable_read);
#undef PARKING_LOT_FUZZ_WAYS

}  // namespace parking_lot::fuzz
