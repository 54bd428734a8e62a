// SPDX-License-Identifier: MIT
// The one place that says which locks the inference server is built over.
//
//   nothing defined                 parking_lot's
//   PARKING_LOT_USE_STD=1           the standard library's
//   INFERENCE_METERED=1             parking_lot's, each reporting under its name
//   both                            the standard library's, reporting likewise
//
// Every lock is constructed with its name, a plain one too, so that nothing else in the server
// knows which it has.
#pragma once

#include <string_view>
#include <utility>

#include "parking_lot/condvar.hpp"

#if INFERENCE_METERED
#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#else
#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"
#endif

namespace inference {

using parking_lot::Condvar;

#if INFERENCE_METERED

template <class T>
using Mutex = parking_lot::metered::Mutex<T>;
template <class T>
using RwLock = parking_lot::metered::RwLock<T>;

#else

/// A plain lock that ignores its name.
template <class T>
class Mutex : public parking_lot::Mutex<T> {
  public:
    template <class... Arguments>
    explicit Mutex(std::string_view /*name*/, Arguments&&... arguments)
        : parking_lot::Mutex<T>(std::forward<Arguments>(arguments)...) {}
};

template <class T>
class RwLock : public parking_lot::RwLock<T> {
  public:
    template <class... Arguments>
    explicit RwLock(std::string_view /*name*/, Arguments&&... arguments)
        : parking_lot::RwLock<T>(std::forward<Arguments>(arguments)...) {}
};

#endif

#if PARKING_LOT_USE_STD && INFERENCE_METERED
inline constexpr std::string_view kLocks = "metered std";
#elif PARKING_LOT_USE_STD
inline constexpr std::string_view kLocks = "std";
#elif INFERENCE_METERED
inline constexpr std::string_view kLocks = "metered";
#else
inline constexpr std::string_view kLocks = "parking_lot";
#endif

}  // namespace inference
