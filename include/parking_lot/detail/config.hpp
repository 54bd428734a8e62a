// SPDX-License-Identifier: MIT
// Configuration: the switches a program may set, and the only compiler-specific attributes.
#pragma once

#include <version>

// Switches. Each must have one value in the whole program: they select the inline namespace, so a
// mixed program fails to link instead of disagreeing about a lock's layout.
//
// - PARKING_LOT_USE_STD: 1: Mutex<T> and friends wrap the standard library's locks (A/B tests).
// - PARKING_LOT_CHECKED: 1: misuse and lock-order inversions are reported and abort, and deadlocks
//   can be found (deadlock.hpp); locks grow, and cost more to lock.
// - PARKING_LOT_GENERIC_PLATFORM: 1: sleep on std::condition_variable, not on the OS's futex.
#if !defined(PARKING_LOT_USE_STD)
#define PARKING_LOT_USE_STD 0
#endif
#if !defined(PARKING_LOT_CHECKED)
#define PARKING_LOT_CHECKED 0
#endif
#if !defined(PARKING_LOT_GENERIC_PLATFORM)
#define PARKING_LOT_GENERIC_PLATFORM 0
#endif

#define PARKING_LOT_JOIN_(backend, checked, platform) v0_##backend##checked##platform
#define PARKING_LOT_JOIN(backend, checked, platform) PARKING_LOT_JOIN_(backend, checked, platform)
#define PARKING_LOT_ABI \
    PARKING_LOT_JOIN(PARKING_LOT_USE_STD, PARKING_LOT_CHECKED, PARKING_LOT_GENERIC_PLATFORM)

#define PARKING_LOT_TEXT_(text) #text
#define PARKING_LOT_TEXT(text) PARKING_LOT_TEXT_(text)

#if defined(__GNUC__)
#define PARKING_LOT_COLD [[gnu::cold, gnu::noinline]]
#define PARKING_LOT_NOINLINE [[gnu::noinline]]
#else
#define PARKING_LOT_COLD
#define PARKING_LOT_NOINLINE
#endif

// On Windows everything is hidden that is not exported.
#if defined(__GNUC__) && !defined(_WIN32)
#define PARKING_LOT_HIDDEN [[gnu::visibility("hidden")]]
#else
#define PARKING_LOT_HIDDEN
#endif

#if defined(__clang__)
#define PARKING_LOT_LIFETIMEBOUND [[clang::lifetimebound]]
// Of a function that means unsigned arithmetic to wrap around, for -fsanitize=integer.
#define PARKING_LOT_WRAPS [[clang::no_sanitize("unsigned-integer-overflow")]]
#else
#define PARKING_LOT_LIFETIMEBOUND
#define PARKING_LOT_WRAPS
#endif

#if defined(__cpp_exceptions)
#define PARKING_LOT_HAS_EXCEPTIONS 1
#else
#define PARKING_LOT_HAS_EXCEPTIONS 0
#endif

// Without a futex, the std::stop_callback of libstdc++ before GCC 15 loses the wake-up of a thread
// that destroys it while another requests the stop: such a wait could hang after its end.
#if defined(_GLIBCXX_RELEASE) && !defined(_GLIBCXX_HAVE_LINUX_FUTEX)
#define PARKING_LOT_STOP_TOKEN_HANGS (_GLIBCXX_RELEASE < 15)
#else
#define PARKING_LOT_STOP_TOKEN_HANGS 0
#endif

#if defined(__cpp_lib_jthread) && !PARKING_LOT_STOP_TOKEN_HANGS
#define PARKING_LOT_HAS_STOP_TOKEN 1
#else
#define PARKING_LOT_HAS_STOP_TOKEN 0
#endif
