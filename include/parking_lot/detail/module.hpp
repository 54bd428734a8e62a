// SPDX-License-Identifier: MIT
// ModuleRecord: what each module holds so that all modules of a process share one parking table.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>

#include "parking_lot/detail/bucket.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/platform.hpp"
#include "parking_lot/detail/platform/random_bits.hpp"
#include "parking_lot/detail/table.hpp"

#if PARKING_LOT_CHECKED
#include "parking_lot/detail/thread_record.hpp"
#endif

#if defined(__ELF__)
#include "parking_lot/detail/platform/elf_modules.hpp"
#elif defined(_WIN32)
#include "parking_lot/detail/platform/pe_modules.hpp"
#elif defined(__APPLE__)
#include "parking_lot/detail/platform/mach_o_modules.hpp"
#else
#include "parking_lot/detail/platform/single_module.hpp"
#endif

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

// A header-only global is one object per process only where every module exports and binds it.
// Hidden visibility, RTLD_LOCAL or -Bsymbolic give each module its own, and a lock that two modules
// use then loses wake-ups. Hence everything here is per module on purpose (hidden), and the modules
// find each other through the loader when they are loaded:
//   1. The owner is the first module that uses the library. Its table is everybody's; it stays
//      loaded for ever. A namespace of modules made by dlmopen takes part if the executable (or
//      a library beside it) uses the library by then; if not, it has a table of its own.
//   2. A module's record is in the owner's list from before its locks unlock by plain store until
//      after they have stopped to; heating a lock moves the epoch of every record in the list.
//   3. Code reads the record of the module it lies in, also when another module calls it because
//      the loader preferred its copy of an inline function (and then keeps that module loaded).

/// The bit of an epoch that forbids the plain-store unlock; the count is in the others.
inline constexpr std::uintptr_t kNeedsRmw = 1;
inline constexpr std::uintptr_t kOneHeating = 2;

#if PARKING_LOT_CHECKED
/// The ledger of the process if this module is the owner; else it takes address space only.
PARKING_LOT_HIDDEN inline constinit LockLedger this_module_ledger;
#endif

/// What a module knows of the process, and, if it is the owner, the list of all modules' records.
struct ModuleRecord {
    // epoch                                  set by                cleared by
    //   kNeedsRmw  unlock must be an RMW     (initially),          join_at_load: listed, and the
    //                                        leave, retreat        heavy fence works
    //   the rest   counts heatings           announce_heating      never
    // May be wrong: kNeedsRmw set (only slower). Never: clear in a record that is not listed.
    alignas(64) std::atomic<std::uintptr_t> epoch{kNeedsRmw};
    std::atomic<Table*> table{nullptr};  // null until joined
    ModuleRecord* owner = nullptr;       // of `table`; written once, before it
    ModuleRecord* home = nullptr;        // likewise: the first module of those with one C library
    bool is_loaded = false;              // only for the constructors, which run in one thread

    // Of a home, as they depend on the C library: whether it stays loaded and has its fork
    // handlers; and the registry of meters (detail/meter_registry.hpp).
    std::atomic<bool> is_pinned{false};
    std::atomic<bool> is_reset_by_fork{false};
    std::atomic<void*> meter_registry{nullptr};
#if PARKING_LOT_CHECKED
    LockLedger* ledger = &this_module_ledger;  // of the owner
    ModuleRecord* self = this;                 // once the loader has relocated the module
#endif

    // The owner's list; guarded by the owner's list_lock. It is the last lock in the order: taken
    // with a bucket locked, and nothing is called with it held. Atomic, as fork may copy the list
    // at any moment: each store leaves it whole.
    alignas(64) BucketLock list_lock;
    bool fence_works = false;  // whether any record of the list may lack kNeedsRmw
    std::atomic<ModuleRecord*> first{nullptr};
    std::atomic<ModuleRecord*> next{nullptr};

    // Of a home; held across fork(). Away from the epoch, which each unlock reads.
    BucketLock meter_registry_lock;
};

[[gnu::used]] PARKING_LOT_HIDDEN inline constinit ModuleRecord this_module
    PARKING_LOT_LINKED_AS("parking_lot_module_record");

/// The process's table if this module is the owner; else it takes address space only.
[[gnu::used]] PARKING_LOT_HIDDEN inline constinit Table this_module_table
    PARKING_LOT_LINKED_AS("parking_lot_module_table");

/// The owner, and its table, for the modules that have `home` in common: as the first of them
/// chose.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline std::pair<ModuleRecord*, Table*> choose_table(
    ModuleRecord& home, const platform::Modules::Owner& found) noexcept {
    // [M2] acquire: pairs with [M1].
    if (Table* const chosen = home.table.load(std::memory_order_acquire)) {
        return {home.owner, chosen};
    }
    auto owner = platform::Modules::find_across_namespaces(found);
#if PARKING_LOT_CHECKED
    // The loader has relocated all but an executable that is still to start beside an LD_AUDIT
    // library; its pointer to the ledger is of no use yet.
    auto* const record = static_cast<ModuleRecord*>(owner.record);
    if (record->self != record) owner = found;
#endif
    return {static_cast<ModuleRecord*>(owner.record), static_cast<Table*>(owner.table)};
}

/// Finds the process's table and lists this module with its owner. Idempotent.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline Table& join() noexcept {
    using platform::Modules;
    const Modules::Owner found = Modules::find_owner(&this_module, &this_module_table);
    auto& home = *static_cast<ModuleRecord*>(found.record);
    // By the first to come, as its own constructor may run after others'.
    // relaxed: the loader has its own lock.
    if (!home.is_pinned.exchange(true, std::memory_order_relaxed)) Modules::pin(found);
    const auto [owner_record, shared_table] = choose_table(home, found);
    ModuleRecord& owner = *owner_record;
    Table& table = *shared_table;
    owner.list_lock.lock();
    if (this_module.owner == nullptr) {
        // Nobody has used the table yet: that takes a record in the list.
        if (owner.first.load(std::memory_order_relaxed) == nullptr) {
            table.set_seed(platform::random_bits(&table));
#if PARKING_LOT_CHECKED
            owner.ledger->read_environment();
#endif
        }
        this_module.home = &home;
        this_module.owner = &owner;
        // relaxed, here and in all walks: guarded by the lock.
        this_module.next.store(owner.first.load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
        // release: for a forked child, complete before it can be reached.
        owner.first.store(&this_module, std::memory_order_release);
    }
    owner.list_lock.unlock();
    // [M1] release: publishes `owner`. Pairs with [M2].
    this_module.table.store(&table, std::memory_order_release);
    return table;
}

/// The one parking table of the process.
PARKING_LOT_HIDDEN inline Table& table() noexcept {
    // [M2] acquire: pairs with [M1]. Null only in code that runs before this module's constructors.
    Table* const joined = this_module.table.load(std::memory_order_acquire);
    return joined != nullptr ? *joined : join();
}

/// Calls `visit(record)` for the record of every module that has joined, with the list locked.
template <class Visit>
PARKING_LOT_HIDDEN inline void for_each_module(ModuleRecord& owner, Visit&& visit) noexcept {
    for (ModuleRecord* record = owner.first.load(std::memory_order_relaxed); record != nullptr;
         record = record->next.load(std::memory_order_relaxed)) {
        visit(*record);
    }
}

/// Moves the epoch of every module, after a lock was marked hot. Returns whether a heavy fence must
/// follow: false when no module unlocks by plain store.
/// Requires the lock of a bucket.
PARKING_LOT_HIDDEN inline bool announce_heating() noexcept {
    (void)table();  // has `owner` set
    ModuleRecord& owner = *this_module.owner;
    owner.list_lock.lock();
    for_each_module(owner, [](ModuleRecord& record) noexcept {
        // [M3] release: who reads the new epoch sees the lock hot. Pairs with [raw_mutex:U0].
        record.epoch.fetch_add(kOneHeating, std::memory_order_release);
    });
    const bool fence_works = owner.fence_works;
    owner.list_lock.unlock();
    return fence_works;
}

/// Forbids the plain-store unlock in all modules, because the heavy fence has stopped working (a
/// sandbox was put up after the program was loaded).
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void retreat() noexcept {
    ModuleRecord& owner = *this_module.owner;
    owner.list_lock.lock();
    if (owner.fence_works) {
        for_each_module(owner, [](ModuleRecord& record) noexcept {
            // relaxed: who sees the bit unlocks by read-modify-write, whatever else it sees.
            record.epoch.fetch_or(kNeedsRmw, std::memory_order_relaxed);
        });
        // In place of the fence: no processor keeps a store to itself for so long, and a store that
        // is still to come will be followed by a look at the changed epoch. With the list locked:
        // others who heat a lock, and whose fence failed too, wait here.
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        owner.fence_works = false;  // last, for the sake of a forked child
    }
    owner.list_lock.unlock();
}

/// Ends the plain-store unlocks of a lock that was just marked hot: when this returns, any of them,
/// by any thread in any module, is either visible to the caller or will be followed by a look at an
/// epoch that has moved. Requires the lock of a bucket.
PARKING_LOT_HIDDEN inline void publish_heating() noexcept {
    if (announce_heating() && !platform::AsymmetricFence::heavy_fence()) retreat();
}

/// Before a fork: waits until nobody is changing the registry of meters, for the child's sake.
PARKING_LOT_HIDDEN inline void lock_before_fork() noexcept {
    this_module.home->meter_registry_lock.lock();
}

PARKING_LOT_HIDDEN inline void unlock_after_fork() noexcept {
    this_module.home->meter_registry_lock.unlock();
}

/// In a forked child: its one thread cannot be parked, and no one holds a lock of the table.
PARKING_LOT_HIDDEN inline void reset_after_fork() noexcept {
    this_module.owner->list_lock.reset_after_fork();
    table().reset_after_fork();
    this_module.home->meter_registry_lock.reset_after_fork();
#if PARKING_LOT_CHECKED
    this_module.owner->ledger->reset_after_fork();
#endif
}

/// Arranges for forked children to start with an empty table and a whole registry of meters. By the
/// first module that is loaded, whoever owns the table: handlers run in the order of their
/// registration (those before a fork in reverse), and those of later modules may use locks. It
/// stays loaded, as its handlers must, for a module may be unloaded in the middle of a fork: it is
/// the owner, whose constructor pin() has glibc run first, or a library that the owner is linked
/// to.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void prepare_for_fork() noexcept {
    using platform::Sleeping;
    Sleeping::prepare();
    if (Sleeping::kHasState) {
        platform::Modules::at_fork(nullptr, nullptr, &Sleeping::reset_after_fork);
    }
    // relaxed: the loader has its own lock.
    if (!this_module.home->is_reset_by_fork.exchange(true, std::memory_order_relaxed)) {
        platform::Modules::at_fork(&lock_before_fork, &unlock_after_fork, &reset_after_fork);
    }
}

/// Joins and, where the heavy fence can be had, lets this module's locks unlock by plain store.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void join_at_load() noexcept {
    if (std::exchange(this_module.is_loaded, true)) return;
    (void)join();
    ModuleRecord& owner = *this_module.owner;
    prepare_for_fork();
    if (!platform::AsymmetricFence::enroll()) return;
    owner.list_lock.lock();
    owner.fence_works = true;
    // [M4] release: pairs with [raw_mutex:U0]. A heating that walked the list before this module
    // was in it passed the list lock before this line. Who reads the bit clear therefore sees that
    // lock hot, and does not unlock it by plain store. Later ones move this epoch.
    this_module.epoch.fetch_and(~kNeedsRmw, std::memory_order_release);
    owner.list_lock.unlock();
}

/// Takes the record of a module that is being unloaded from the list. Its locks go on working, in
/// exit handlers for instance. The owner stays listed: it is never unloaded. Idempotent.
PARKING_LOT_COLD PARKING_LOT_HIDDEN inline void leave_at_unload() noexcept {
    ModuleRecord* const owner = this_module.owner;
    if (owner == nullptr || owner == &this_module) return;
    owner->list_lock.lock();
    // Before it is unlinked: an unlock by plain store that is under way sees that the epoch
    // changed, whether by this or by a heating. relaxed: as in retreat().
    this_module.epoch.fetch_or(kNeedsRmw, std::memory_order_relaxed);
    std::atomic<ModuleRecord*>* link = &owner->first;
    while (ModuleRecord* const record = link->load(std::memory_order_relaxed)) {
        if (record == &this_module) {
            link->store(record->next.load(std::memory_order_relaxed), std::memory_order_release);
            break;
        }
        link = &record->next;
    }
    owner->list_lock.unlock();
}

// In every translation unit that includes this, whichever of them a module has. Priority 101:
// before the program's own constructors and after its own destructors.
#if defined(__GNUC__)
[[gnu::constructor(101)]] static void join_before_constructors() noexcept { join_at_load(); }
[[gnu::destructor(101)]] static void leave_after_destructors() noexcept { leave_at_unload(); }
#else
inline const struct Joined {
    Joined() noexcept { join_at_load(); }
    Joined(const Joined&) = delete;
    Joined& operator=(const Joined&) = delete;
    ~Joined() { leave_at_unload(); }
} joined;
#endif

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
