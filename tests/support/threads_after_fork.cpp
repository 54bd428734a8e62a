// SPDX-License-Identifier: MIT
// For tests whose forked children start threads: ThreadSanitizer would end a child that does so.

/// ThreadSanitizer's runtime asks this function for options. Nothing else calls it.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }  // NOLINT
