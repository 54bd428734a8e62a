// SPDX-License-Identifier: MIT
// A plugin that uses locks of the executable that loads it, and a lock of its own when it goes.
#include "soak/plugin.hpp"

#include "parking_lot/mutex.hpp"

namespace {

/// Locked by the module's constructors and destructors.
struct Lifetime {
    Lifetime() {
        is_alive.with_lock([](bool& alive) { alive = true; });
    }
    ~Lifetime() {
        is_alive.with_lock([](bool& alive) { alive = false; });
    }
    parking_lot::Mutex<bool> is_alive{false};
};

Lifetime lifetime;

}  // namespace

extern "C" [[gnu::visibility("default")]] const parking_lot::soak::CountUp soak_count_up;
const parking_lot::soak::CountUp soak_count_up = [](parking_lot::soak::Shared& shared,
                                                    unsigned rounds) {
    parking_lot::soak::count_up(shared, rounds);
};
