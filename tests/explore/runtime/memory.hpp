// SPDX-License-Identifier: MIT
// Memory: which stores a thread sees, happens-before, races, and memory that is gone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "explore/runtime/history.hpp"
#include "explore/runtime/vector_clock.hpp"

namespace explore {

/// As the compiler passes them: the values of __ATOMIC_RELAXED and so on.
enum class Order { Relaxed, Consume, Acquire, Release, AcqRel, SeqCst };

/// An integer of 1, 2, 4 or 8 bytes.
struct Cell {
    std::uintptr_t address;
    std::size_t size;
};

/// The memory of a scenario, as its threads see it. In one of two ways:
///
/// *Store buffers*, as on x86 (total store order): an atomic store waits in its thread's buffer,
/// where only that thread sees it, until the thread does something that empties the buffer (a
/// read-modify-write, a seq_cst store or fence, a futex call), or a membarrier empties all. Or
/// until it is decided that it is visible: asked at the last moment, when another thread looks at
/// the place, since before that nobody could tell. Loads are never stale otherwise.
///
/// *Weak memory*, as the C++ standard allows it: each place keeps a history of its stores. A load
/// sees any of them that happens-before and coherence do not forbid (see History), and a store may
/// come before others in modification order that are as unordered with it. Only a load of the
/// future (load buffering) does not occur: operations are executed in the order of the program. The
/// order of the seq_cst operations is that of their execution; such a load does not see less than
/// earlier ones of that place have seen, and seq_cst fences hand on all that they know. A
/// membarrier is such a fence on each thread, one after the other. A futex call is no fence; the
/// kernel's own look at the word finds the newest value.
///
/// In both, plain stores are executed by the program itself, at once; without a race nobody can
/// tell.
///
/// *Races* are found by vector clocks that follow the memory orders in the source, whatever the
/// schedule made of them. So a missing acquire or release is found although x86 needs none.
class Memory {
  public:
    using Pc = const void*;
    using Operation = std::uint64_t (*)(std::uint64_t before, std::uint64_t operand);

    /// Weak memory, or store buffers.
    void be_weak(bool is_weak) { is_weak_ = is_weak; }
    [[nodiscard]] bool is_weak() const { return is_weak_; }

    /// Forgets everything, for the next schedule.
    void reset();

    // What the current thread does. Every atomic operation is a point of the scheduler.

    std::uint64_t load(Cell cell, Order order, Pc pc);
    void store(Cell cell, std::uint64_t value, Order order, Pc pc);
    std::uint64_t read_modify_write(Cell cell, Operation operation, std::uint64_t operand,
                                    Order order, Pc pc);
    bool compare_exchange(Cell cell, std::uint64_t& expected, std::uint64_t desired, Order success,
                          Order failure, bool is_weak, Pc pc);
    void fence(Order order, Pc pc);
    void plain_access(std::uintptr_t address, std::size_t size, bool writes, Pc pc);

    /// What the kernel reads, in a futex call.
    std::uint64_t observe(Cell cell);

    /// Ends the life of an object: whoever touches it afterwards, or without having been ordered
    /// before, is at fault.
    void bury(std::uintptr_t address, std::size_t size, Pc pc);

    /// Another object begins to live there.
    void revive(std::uintptr_t address, std::size_t size);

    /// A function is left: the frames below `end`, on the current thread's stack, are gone.
    void leave_frames(std::uintptr_t end, Pc pc);

    void drain_own();
    void drain_all();

    /// A membarrier: a full fence on every thread.
    void fence_everywhere();

  private:
    enum class Kind : std::uint8_t { PlainRead, AtomicRead, PlainWrite, AtomicWrite };

    struct Access {
        Pc pc;
        std::uint32_t time;
        std::uint8_t thread;
        Kind kind;
        std::uint8_t mask;  // a bit for each byte
    };

    /// Eight bytes: the last accesses of each thread and kind.
    struct Granule {
        static constexpr std::size_t kMostAccesses = 24;
        std::uintptr_t key = 0;
        std::uint32_t schedule = 0;
        std::uint8_t count = 0;
        std::uint8_t buried = 0;     // a bit for each byte
        std::uint8_t histories = 0;  // a bit for each byte where one begins
        std::array<Access, kMostAccesses> accesses;
    };

    /// What an acquiring load of the location learns.
    struct Location {
        std::uintptr_t key = 0;
        std::uint32_t schedule = 0;
        VectorClock released;
    };

    /// The same where memory is weak: every store has its own.
    struct Place {
        Cell cell{};
        std::uint32_t schedule = 0;
        History history;
    };

    struct Pending {
        Cell cell;
        std::uint64_t value;
        VectorClock released;
        Pc pc;
    };

    struct Thread {
        VectorClock clock;
        VectorClock at_release_fence;
        VectorClock for_acquire_fence;
        std::vector<Pending> buffer;  // the oldest first
        Knowledge known;              // as the clocks above, where memory is weak
        Knowledge known_at_release_fence;
        Knowledge known_for_acquire_fence;
        std::vector<std::uintptr_t> visited;  // granules of its stack that others have touched
    };

    [[nodiscard]] Thread& self();
    Granule& granule(std::uintptr_t address);
    Location& location(std::uintptr_t address);
    void acquire(const Location& from, Order order);
    [[nodiscard]] VectorClock released_by(Order order);
    void tick();

    void change(Cell cell, std::uint64_t after, Order order);

    // Weak memory.
    History& history(Cell cell);
    void forget_histories(Granule& its, std::uint8_t mask);
    [[nodiscard]] Knowledge knowledge_for(Order order);
    void note(History& its, std::uint64_t place, Order order);
    void see(History& its, const History::Store* store, Order order);
    std::uint64_t load_weakly(Cell cell, Order order, Pc pc);
    [[nodiscard]] const History::Store* choose_old(Cell cell, std::uint64_t expected, Order order);
    [[nodiscard]] History::Store make_store(std::uint64_t value, Order order);
    void store_weakly(Cell cell, std::uint64_t value, Order order, Pc pc);
    void change_weakly(Cell cell, std::uint64_t after, Order order);
    void fence_weakly(ThreadIndex index, Order order);

    /// Calls `visit(granule, mask)` for all the bytes.
    template <class Visit>
    void for_each_granule(Cell cell, Visit&& visit);

    void access(Cell cell, Kind kind, Pc pc);
    void access_bytes(Granule& granule, std::uint8_t mask, Kind kind, Pc pc);
    void check_for_race(const Granule& granule, const Access& mine) const;
    void check_frame(std::uintptr_t address, Pc pc);
    [[nodiscard]] bool is_shared(std::uintptr_t address);

    void reveal(Cell cell);
    void commit_first(ThreadIndex owner);
    void drain(ThreadIndex owner);
    [[nodiscard]] bool has_pending(ThreadIndex owner, Cell cell) const;

    static constexpr std::size_t kSlots = 1 << 13;

    bool is_weak_ = false;
    std::uint32_t schedule_ = 0;
    std::array<Thread, kMaxThreads> threads_;
    std::array<Granule, kSlots> granules_;
    std::array<Location, kSlots> locations_;
    std::array<Place, kSlots> places_;
    std::uint32_t sequenced_ = 0;  // the seq_cst operations so far
    Knowledge known_by_fences_;    // by the seq_cst fences so far
};

extern Memory memory;

}  // namespace explore
