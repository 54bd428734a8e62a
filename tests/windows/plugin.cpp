// SPDX-License-Identifier: MIT
// A DLL that uses the library: built several times. It locks whenever code of a module can run.
#include "linking/module.hpp"

extern "C" {
__declspec(dllexport) extern const Module plugin_module;
const Module plugin_module = kThisModule;
}

namespace {

parking_lot::RawMutex own_lock;

void use_locks() {
    own_lock.lock();
    own_lock.unlock();
    (void)kThisModule.parked_at(&own_lock);
}

[[gnu::constructor(102)]] void first_constructor() { use_locks(); }
[[gnu::destructor(102)]] void last_destructor() { use_locks(); }

struct StaticObject {
    StaticObject() { use_locks(); }
    ~StaticObject() { use_locks(); }
};

const StaticObject object;

}  // namespace
