// SPDX-License-Identifier: MIT
// DLLs that are loaded and unloaded while the other modules contend for locks and heat locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "linking/contention.hpp"

/// Whether the DLL is in memory.
inline bool is_loaded(const char* path) { return ::GetModuleHandleA(path) != nullptr; }

/// Two threads load and unload a DLL each, while the residents race along new locks.
inline void load_and_unload(const Modules& residents, std::array<const char*, 2> paths) {
    constexpr int kRounds = 30;
    alignas(8) std::array<std::byte, 8> lock{};
    long counter = 0;
    residents.front().make(lock.data());
    std::atomic<int> busy{2};
    std::vector<std::thread> threads;
    for (const char* const path : paths) {
        threads.emplace_back([&, path]() {
            for (int round = 0; round < kRounds; ++round) {
                {
                    const Plugin plugin{path};
                    require(plugin.module().table() == residents.front().table(),
                            "who comes uses the same table");
                    plugin.module().count_up(lock.data(), &counter, 20);
                }
                require(!is_loaded(path), "the DLL is unloaded");
            }
            --busy;
        });
    }
    while (busy != 0) race_along_new_locks(residents);
    for (std::thread& thread : threads) thread.join();
    require(counter == 2 * kRounds * 20, "whoever comes and goes is counted");
}
