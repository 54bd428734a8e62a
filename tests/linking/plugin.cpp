// SPDX-License-Identifier: MIT
// A plugin: linked into two shared libraries, which therefore have the same symbols.
#include "module.hpp"

extern "C" {
[[gnu::visibility("default")]] extern const Module plugin_module;
const Module plugin_module = kThisModule;
}
