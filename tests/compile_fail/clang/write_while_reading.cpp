// SPDX-License-Identifier: MIT
// Data that is guarded by a raw RwLock is written by a reader.
// expect: requires holding mutex 'settings.lock' exclusively
#include "parking_lot/parking_lot.hpp"

struct Settings {
    parking_lot::RawRwLock lock;
    int value __attribute__((guarded_by(lock))) = 0;
};

int use(Settings& settings) {
    settings.lock.lock_upgradable();
    int seen = settings.value;
    settings.lock.upgrade();
    settings.value = ++seen;
    settings.lock.downgrade_to_upgradable();
    seen += settings.value;
    settings.lock.downgrade_upgradable();
#if defined(MUST_FAIL)
    settings.value = seen;
#endif
    settings.lock.unlock_shared();

    if (!settings.lock.try_lock_shared()) return seen;
    seen = settings.value;
    settings.lock.bump_shared();
    settings.lock.unlock_shared_fair();

    settings.lock.lock();
    settings.value = seen;
    settings.lock.downgrade();
    seen += settings.value;
    settings.lock.unlock_shared();
    return seen;
}
