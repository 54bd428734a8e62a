// SPDX-License-Identifier: MIT
// Trace: what happened in the present schedule, and how a failure is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "explore/runtime/memory.hpp"
#include "explore/runtime/vector_clock.hpp"

namespace explore {

/// One step of a thread.
struct Event {
    enum class Op {
        Load,
        OldLoad,  ///< of a value that is not the newest
        Store,
        EarlyStore,  ///< before others in modification order
        Visible,     ///< a store leaves the thread's buffer
        Change,      ///< a read-modify-write
        Fail,        ///< a compare-exchange that changed nothing
        Fence,
        PlainRead,
        PlainWrite,
        Bury,
        Sleep,
        NoSleep,  ///< the futex's word is not what it was
        Awake,
        TimedOut,
        Wake,
        Yield,
        Nap,
        Membarrier,
        Ends,
    };
    Op op;
    Order order = Order::Relaxed;
    Cell cell{};
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    const void* pc = nullptr;
};

/// Remembers the events of a schedule, and prints them with one column for each thread.
class Trace {
  public:
    void reset() { events_.clear(); }

    /// An event of the current thread, or of another one.
    void add(const Event& event);
    void add_for(ThreadIndex thread, const Event& event) { events_.push_back({thread, event}); }

    /// Gives a region of memory a name, until the next call of forget_names().
    void set_name(std::uintptr_t address, std::size_t size, std::string name) {
        regions_.push_back({address, size, std::move(name)});
    }
    void forget_names() { regions_.clear(); }

    [[nodiscard]] std::string name_of(std::uintptr_t address) const;

    /// File, line and function of an instruction.
    [[nodiscard]] std::string place_of(const void* pc);

    void print();

  private:
    struct Step {
        ThreadIndex thread;
        Event event;
    };
    struct Region {
        std::uintptr_t address;
        std::size_t size;
        std::string name;
    };

    [[nodiscard]] bool is_of_interest(const Event& event) const;
    void look_up(const std::vector<const void*>& pcs);
    [[nodiscard]] std::string text_of(const Event& event) const;

    std::vector<Step> events_;
    std::vector<Region> regions_;
    std::unordered_map<const void*, std::string> places_;
};

extern Trace trace;

/// Reports a failure of the present schedule, with its trace and how to repeat it, and ends the
/// program: what is left of the schedule cannot be run to an end.
[[noreturn]] void fail(const std::string& what);

}  // namespace explore
