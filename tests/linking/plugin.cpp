// SPDX-License-Identifier: MIT
// A plugin: linked into several shared libraries, which therefore have the same symbols. It uses a
// lock of its host wherever a module can run code while it is loaded and unloaded.
#include <cstdlib>

#include "module.hpp"

extern "C" {
[[gnu::visibility("default")]] extern const Module plugin_module;
const Module plugin_module = kThisModule;
}

namespace {

void visit() {
    const char* const address = std::getenv(Visits::kVariable);
    if (address == nullptr) return;
    const auto* const visits = reinterpret_cast<const Visits*>(std::strtoull(address, nullptr, 16));
    kThisModule.count_up(visits->lock, visits->counter, 1);
}

/// As early, and as late, as a program can ask for.
[[gnu::constructor(102)]] void first_constructor() { visit(); }
[[gnu::destructor(102)]] void last_destructor() { visit(); }

struct StaticObject {
    parking_lot::metered::RawMutex metered{"of a plugin"};

    StaticObject() {
        metered.lock();
        metered.unlock();
        visit();
        std::atexit(visit);  // of a plugin: called when it is unloaded
    }
    ~StaticObject() { visit(); }
};

StaticObject object;

}  // namespace
