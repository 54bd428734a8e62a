// SPDX-License-Identifier: MIT
// Plugins are loaded and unloaded, by several threads at once, while the other modules contend for
// locks, heat locks and fork.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "interface.hpp"

/// A lock, and what it protects. Of static storage, as plugins use it while the program exits.
struct Counted {
    alignas(8) std::array<std::byte, 8> lock{};
    long counter = 0;
};

/// Those who are there all the time, and what they do meanwhile.
class Residents {
  public:
    explicit Residents(const std::vector<Module>& modules, Counted& shared)
        : modules_{modules}, shared_{shared} {
        for (const Module& module : modules_) {
            threads_.emplace_back([this, &module]() { contend(module); });
            threads_.emplace_back([this, &module]() { heat_locks(module); });
        }
        threads_.emplace_back([this]() { fork_now_and_then(modules_.back()); });
    }
    Residents(const Residents&) = delete;
    Residents& operator=(const Residents&) = delete;
    ~Residents() = default;

    /// Ends their threads. Returns how often they have counted up under the shared lock.
    long stop() {
        stop_ = true;
        for (std::thread& thread : threads_) thread.join();
        long found = 0;
        for (const Counted& slot : slots_) found += slot.counter;
        require(found == counted_, "no increment is lost under a lock that is heated");
        return contended_;
    }

  private:
    void contend(const Module& module) {
        while (!stop_) {
            module.count_up(shared_.lock.data(), &shared_.counter, 20);
            contended_ += 20;
            std::this_thread::yield();
        }
    }

    /// New locks again and again: whoever has to wait first heats them.
    void heat_locks(const Module& module) {
        constexpr int kRounds = 3;
        for (std::size_t i = 0; !stop_ && i < slots_.size(); ++i) {
            module.count_up(slots_[i].lock.data(), &slots_[i].counter, kRounds);
            counted_ += kRounds;
            if (i % 16 == 0) std::this_thread::yield();
        }
    }

    void fork_now_and_then(const Module& module) {
        while (!stop_) {
            const pid_t child = ::fork();
            if (child == 0) ::_exit(use_locks(module));
            int status = 0;
            require(child > 0 && ::waitpid(child, &status, 0) == child && status == 0,
                    "a forked child can use locks");
        }
    }

    /// Of a child: new locks of both sorts, by two threads.
    static int use_locks(const Module& module) {
        Counted own;
        module.make(own.lock.data());
        std::thread other{module.count_up, own.lock.data(), &own.counter, 50};
        module.count_up(own.lock.data(), &own.counter, 50);
        other.join();
        void* const metered = module.make_metered();
        module.use_metered(metered, 1);
        module.delete_metered(metered);
        return own.counter == 100 ? 0 : 1;
    }

    const std::vector<Module>& modules_;
    Counted& shared_;
    std::vector<Counted> slots_ = std::vector<Counted>(50'000);
    std::atomic<long> counted_{0};
    std::atomic<long> contended_{0};
    std::atomic<bool> stop_{false};
    std::vector<std::thread> threads_;
};

/// Loads the plugin, uses it, unloads it, again and again.
inline void come_and_go(const char* path, const Module& resident, Counted& shared, int rounds) {
    constexpr std::array kModes{RTLD_NOW | RTLD_LOCAL, RTLD_LAZY | RTLD_LOCAL};
    for (int round = 0; round < rounds; ++round) {
        {
            const Plugin plugin{path, kModes[static_cast<std::size_t>(round) % kModes.size()]};
            const Module& module = plugin.module();
            require(module.table() == resident.table(), "whoever comes uses the same table");
            // A thread of its own: what counts reads has thread-local objects with destructors,
            // which keep a module in memory as long as the thread lives.
            std::thread visitor{[&]() {
                module.count_up(shared.lock.data(), &shared.counter, 20);
                void* const metered = module.make_metered();
                module.use_metered(metered, 1);
                resident.delete_metered(metered);
            }};
            visitor.join();
        }
        require(!Plugin::is_there(path), "the plugin is unloaded");
    }
}

/// Modules at `paths` come and go, one thread for each. The residents stay.
inline void load_and_unload(const std::vector<Module>& residents,
                            const std::vector<const char*>& paths) {
    constexpr int kRounds = 60;
    static Counted shared;
    static Visits visits{shared.lock.data(), &shared.counter};
    residents.front().make(shared.lock.data());
    std::array<char, 32> address{};
    std::snprintf(address.data(), address.size(), "%p", static_cast<void*>(&visits));
    ::setenv(Visits::kVariable, address.data(), 1);

    Residents busy{residents, shared};
    std::vector<std::thread> threads;
    for (const char* const path : paths) {
        threads.emplace_back(
            [&, path]() { come_and_go(path, residents.front(), shared, kRounds); });
    }
    for (std::thread& thread : threads) thread.join();
    const long visited = static_cast<long>(paths.size()) * kRounds *
                         (20 + Visits::kWhenItComes + Visits::kWhenItGoes);
    const long contended = busy.stop();
    require(shared.counter == contended + visited, "whoever comes and goes is counted");
    ::unsetenv(Visits::kVariable);
}

/// Closed while threads live that will run its thread-local destructors: it stays until they have.
inline void unload_with_threads_that_end_later(const Module& resident, const char* path) {
    constexpr int kThreads = 3;
    Counted shared;
    resident.make(shared.lock.data());
    std::atomic<int> ready{0};
    std::atomic<bool> may_end{false};
    std::vector<std::thread> threads;
    {
        const Plugin plugin{path};
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&]() {
                plugin.module().count_at_thread_end(shared.lock.data(), &shared.counter);
                ++ready;
                while (!may_end) std::this_thread::yield();
            });
        }
        while (ready != kThreads) std::this_thread::yield();
    }
    require(Plugin::is_there(path), "the plugin waits for its thread-local destructors");
    // They find the lock held, and park in it.
    resident.lock(shared.lock.data());
    may_end = true;
    while (resident.parked_at(shared.lock.data()) != kThreads) std::this_thread::yield();
    resident.unlock(shared.lock.data());
    for (std::thread& thread : threads) thread.join();
    require(shared.counter == kThreads, "each thread has counted at its end");
    {
        const Plugin again{path};
    }
    require(!Plugin::is_there(path), "the plugin is unloaded when nobody needs it any longer");
}

/// The weak functions of a plugin that is loaded for all to see may be used by those loaded later.
inline void unload_what_others_are_bound_to(const Module& resident, const char* seen_by_all,
                                            const char* later) {
    std::optional<Plugin> first{std::in_place, seen_by_all, RTLD_LAZY | RTLD_GLOBAL};
    std::optional<Plugin> second{std::in_place, later, RTLD_LAZY | RTLD_LOCAL};
    const auto contend_both = [&](const Module& a, const Module& b) {
        Counted shared;
        resident.make(shared.lock.data());
        a.lock(shared.lock.data());
        std::thread one{b.count_up, shared.lock.data(), &shared.counter, 200};
        std::thread other{resident.count_up, shared.lock.data(), &shared.counter, 200};
        while (resident.parked_at(shared.lock.data()) != 2) std::this_thread::yield();
        a.unlock(shared.lock.data());
        one.join();
        other.join();
        require(shared.counter == 400, "no increment is lost between plugins bound to each other");
    };
    contend_both(first->module(), second->module());
    first.reset();
    contend_both(resident, second->module());
    first.emplace(seen_by_all, RTLD_LAZY | RTLD_GLOBAL);
    second.reset();
    contend_both(resident, first->module());
}
