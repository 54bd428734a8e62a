// SPDX-License-Identifier: MIT
// Which sanitizer a test was compiled with, for what a sanitizer does not allow.
#pragma once

namespace parking_lot::test {

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PARKING_LOT_TEST_TSAN 1
#endif
#if __has_feature(address_sanitizer)
#define PARKING_LOT_TEST_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__) || defined(PARKING_LOT_TEST_TSAN)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace parking_lot::test
