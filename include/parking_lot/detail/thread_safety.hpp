// SPDX-License-Identifier: MIT
// What Clang's -Wthread-safety is told of raw locks, so that data can be declared guarded by them.
#pragma once

#if defined(__clang__)
#define PARKING_LOT_THREAD_SAFETY(attribute) [[clang::attribute]]
#else
#define PARKING_LOT_THREAD_SAFETY(attribute)
#endif

// Of a class: its objects are locks.
#define PARKING_LOT_CAPABILITY PARKING_LOT_THREAD_SAFETY(capability("mutex"))

// Of its member functions. An upgradable reader counts as a reader. What changes the mode carries
// two; nothing can be said of a function that changes it only if it returns true.
#define PARKING_LOT_ACQUIRE PARKING_LOT_THREAD_SAFETY(acquire_capability())
#define PARKING_LOT_ACQUIRE_SHARED PARKING_LOT_THREAD_SAFETY(acquire_shared_capability())
#define PARKING_LOT_TRY_ACQUIRE PARKING_LOT_THREAD_SAFETY(try_acquire_capability(true))
#define PARKING_LOT_TRY_ACQUIRE_SHARED \
    PARKING_LOT_THREAD_SAFETY(try_acquire_shared_capability(true))
#define PARKING_LOT_RELEASE PARKING_LOT_THREAD_SAFETY(release_capability())
#define PARKING_LOT_RELEASE_SHARED PARKING_LOT_THREAD_SAFETY(release_shared_capability())

// Of a function that locks or unlocks in a way the analysis cannot follow: by a guard, for a
// caller.
#define PARKING_LOT_NO_ANALYSIS PARKING_LOT_THREAD_SAFETY(no_thread_safety_analysis)
