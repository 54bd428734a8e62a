// SPDX-License-Identifier: MIT
// The modules of a process contend for the same locks: they must agree on one table, or a wake-up
// is lost and the test hangs.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "interface.hpp"

using Modules = std::vector<Module>;

inline void have_one_table(const Modules& modules) {
    for (const Module& module : modules) {
        require(module.table() == modules.front().table(), "all modules use one table");
    }
}

/// `holder` holds the lock until the threads of all modules are parked at it.
inline void park_all(const Modules& modules, const Module& holder, void* lock) {
    constexpr int kThreads = 2;
    constexpr int kRounds = 500;
    const std::size_t waiters = kThreads * modules.size();
    long counter = 0;
    holder.lock(lock);
    std::vector<std::thread> threads;
    for (const Module& module : modules) {
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back(module.count_up, lock, &counter, kRounds);
        }
    }
    while (holder.parked_at(lock) < waiters) {
        std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
    holder.unlock(lock);
    for (std::thread& thread : threads) thread.join();
    require(counter == static_cast<long>(waiters) * kRounds, "no increment is lost");
    require(holder.parked_at(lock) == 0, "nobody is left in the table");
}

/// One thread of each module goes along a row of new locks: for each lock, the first waiter of one
/// module meets plain-store unlocks of the others.
inline void race_along_new_locks(const Modules& modules) {
    constexpr std::size_t kLocks = 4000;
    constexpr int kRounds = 3;
    struct Slot {
        alignas(8) std::array<std::byte, 8> lock{};
        long counter = 0;
    };
    std::vector<Slot> slots(kLocks);
    for (Slot& slot : slots) modules.front().make(slot.lock.data());
    std::vector<std::thread> threads;
    for (const Module& module : modules) {
        threads.emplace_back([&]() {
            for (Slot& slot : slots) module.count_up(slot.lock.data(), &slot.counter, kRounds);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Slot& slot : slots) {
        require(slot.counter == static_cast<long>(modules.size()) * kRounds,
                "no increment is lost");
    }
}

/// The first thread to park at a lock must stop the plain-store unlocks of all modules.
inline void heat(const Modules& modules, void* lock) {
    std::vector<std::uintptr_t> before;
    for (const Module& module : modules) before.push_back(module.epoch());
    park_all(modules, modules.front(), lock);
    for (std::size_t i = 0; i < modules.size(); ++i) {
        require(modules[i].epoch() != before[i], "heating a lock moves the epoch of every module");
    }
}

/// Metered locks are made, used and deleted by any module; each module sees what all have done.
inline void count_together(const Modules& modules) {
    constexpr int kRounds = 200;
    // On top of what modules have counted that are gone.
    const std::uint64_t uses = modules.size() * modules.size() * kRounds;
    const std::uint64_t reads = modules.front().metered_reads() + uses;
    const std::uint64_t writes = modules.front().metered_writes() + uses;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        require(modules[i].registry() == modules.front().registry(),
                "all modules use one registry");
        void* const lock = modules[i].make_metered();
        std::vector<std::thread> threads;
        for (const Module& module : modules)
            threads.emplace_back(module.use_metered, lock, kRounds);
        for (std::thread& thread : threads) thread.join();
        modules[(i + 1) % modules.size()].delete_metered(lock);
    }
    for (const Module& module : modules) {
        require(module.metered_reads() == reads, "all reads are counted");
        require(module.metered_writes() == writes, "all writes are counted");
    }
}

inline void contend_without_meters(const Modules& modules) {
    have_one_table(modules);
    alignas(8) std::array<std::byte, 8> lock{};
    modules.front().make(lock.data());
    heat(modules, lock.data());
    for (int round = 0; round < 3; ++round) {
        for (const Module& holder : modules) park_all(modules, holder, lock.data());
    }
    race_along_new_locks(modules);
}

inline void contend(const Modules& modules) {
    count_together(modules);
    contend_without_meters(modules);
}
