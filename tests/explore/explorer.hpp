// SPDX-License-Identifier: MIT
// The explorer, as scenarios see it. Without the library's headers: the explorer itself must not
// define any of their functions, as those would not be instrumented.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "explore/runtime/heap.hpp"
#include "explore/runtime/scheduler.hpp"

namespace explore {

/// A small program with two or three threads whose every execution must go well. It is run once for
/// each schedule, by one call of its function, which makes the objects, calls run(), and looks at
/// the outcome. It must be deterministic but for its choices.
struct Scenario {
    const char* name;
    void (*function)();

    /// All there are.
    static std::vector<Scenario>& all();
};

struct Registration {
    Registration(const char* name, void (*function)()) {
        Scenario::all().push_back({name, function});
    }
};

/// Defines the scenario "group.name": SCENARIO(mutex, two_threads) { ... }
#define SCENARIO(group, name)                                                          \
    static void group##_##name();                                                      \
    static const ::explore::Registration group##_##name##_registered{#group "." #name, \
                                                                     &group##_##name}; \
    static void group##_##name()

/// A small program that tells whether it came to a certain outcome, and whether some execution
/// must, or none may: in weak memory, and with store buffers. It tests the simulated memory itself.
struct Litmus {
    const char* name;
    bool (*function)();
    bool in_weak_memory;
    bool with_store_buffers;

    /// All there are.
    static std::vector<Litmus>& all();
};

/// Fails the schedule unless `ok`.
void check(bool ok, const char* what);

/// One of two set-ups, before run(): each is explored.
[[nodiscard]] bool either();

/// Gives memory a name in the trace.
void name(const void* address, std::size_t size, const char* name);

/// Ends the life of an object in memory, or begins that of another, on behalf of the current
/// thread.
void bury(const void* address, std::size_t size);
void revive(const void* address, std::size_t size);

namespace detail {

void run(std::span<const Scheduler::Body> bodies);

}  // namespace detail

}  // namespace explore
