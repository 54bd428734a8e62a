// SPDX-License-Identifier: MIT
// Scenarios of modules: how they join the process, while others use its locks already.
#include <atomic>

#include "explore/scenario.hpp"
#include "parking_lot/detail/module.hpp"
#include "parking_lot/raw_mutex.hpp"

namespace explore {
namespace {

using namespace parking_lot;
using namespace parking_lot::detail;

/// For one schedule: this module as it is before its constructors have run. To be made after the
/// objects, which ask for their buckets.
class NotLoaded {
  public:
    NotLoaded() {
        this_module.epoch.store(kNeedsRmw);
        this_module.table.store(nullptr);
        this_module.owner = nullptr;
        this_module.is_loaded = false;
        this_module.fence_works = false;
        this_module.first.store(nullptr);
        this_module.next.store(nullptr);
        name(&this_module.table, sizeof(this_module.table), "table");
        name(&this_module.owner, sizeof(this_module.owner), "owner");
        name(&this_module.first, sizeof(this_module.first), "first");
    }
    NotLoaded(const NotLoaded&) = delete;
    NotLoaded& operator=(const NotLoaded&) = delete;
    ~NotLoaded() { join_at_load(); }
};

void increment(RawMutex& mutex, int& data) {
    mutex.lock();
    ++data;
    mutex.unlock();
}

/// Before the constructors have run, the first to wait joins; and so may others at the same time,
/// for another lock.
SCENARIO(module, joined_by_two) {
    const Object<RawMutex> one{"one"};
    const Object<RawMutex> other{"other"};
    const Object<int> data{"data"};
    const Object<int> more{"more"};
    const NotLoaded module;
    one->lock();
    other->lock();
    const auto unlocks = [&]() {
        one->unlock();
        other->unlock();
    };
    run([&]() { increment(*one, *data); }, [&]() { increment(*other, *more); }, unlocks);
    check(*data == 1 && *more == 1, "an increment was lost");
}

/// The constructors run while the module's locks are in use.
SCENARIO(module, loaded_meanwhile) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const NotLoaded module;
    const auto body = [&]() { increment(*mutex, *data); };
    run(body, []() { join_at_load(); }, body);
    check(*data == 2, "an increment was lost");
}

/// As above, while a thread in another module heats the lock and finds that this one is not listed
/// yet. That thread is played by one that has the table and the owner, like the other module.
SCENARIO(module, not_listed_yet) {
    const Object<RawMutex> mutex{"mutex"};
    const Object<int> data{"data"};
    const NotLoaded module;
    this_module.owner = &this_module;
    this_module.table.store(&this_module_table);
    this_module.fence_works = either();  // in the modules that are listed
    mutex->lock();
    const auto loads = []() {
        this_module.list_lock.lock();
        this_module.first.store(&this_module, std::memory_order_release);
        this_module.list_lock.unlock();
        join_at_load();
    };
    run([&]() { mutex->unlock(); }, loads, [&]() { increment(*mutex, *data); });
    check(*data == 1, "an increment was lost");
}

}  // namespace
}  // namespace explore
