// SPDX-License-Identifier: MIT
// The memory: what each operation sees, and what it makes visible.
#include "explore/runtime/memory.hpp"

#include <algorithm>
#include <cstring>

#include "explore/runtime/scheduler.hpp"
#include "explore/runtime/trace.hpp"

namespace explore {
namespace {

std::uint64_t read(Cell cell) {
    std::uint64_t value = 0;  // the machine is little-endian
    std::memcpy(&value, reinterpret_cast<const void*>(cell.address), cell.size);
    return value;
}

void write(Cell cell, std::uint64_t value) {
    std::memcpy(reinterpret_cast<void*>(cell.address), &value, cell.size);
}

std::uint64_t cut(std::uint64_t value, std::size_t size) {
    return size == 8 ? value : value & ((std::uint64_t{1} << (8 * size)) - 1);
}

bool acquires(Order order) { return order != Order::Relaxed && order != Order::Release; }
bool releases(Order order) {
    return order == Order::Release || order == Order::AcqRel || order == Order::SeqCst;
}

bool overlap(Cell a, Cell b) {
    return a.address < b.address + b.size && b.address < a.address + a.size;
}

}  // namespace

Memory memory;

void Memory::reset() {
    ++schedule_;
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) {
        Thread& thread = threads_[t];
        thread.clock = thread.at_release_fence = thread.for_acquire_fence = {};
        thread.clock.at[t] = 1;
        thread.known = thread.known_at_release_fence = thread.known_for_acquire_fence = {};
        thread.known.seen.at[t] = 1;
        thread.buffer.clear();
        thread.visited.clear();
    }
    sequenced_ = 0;
    known_by_fences_ = {};
}

Memory::Thread& Memory::self() { return threads_[scheduler.current()]; }

template <class Visit>
void Memory::for_each_granule(Cell cell, Visit&& visit) {
    const std::uintptr_t end = cell.address + cell.size;
    for (std::uintptr_t at = cell.address; at < end;) {
        const std::uintptr_t next = std::min(end, (at / 8 + 1) * 8);
        const unsigned bits = ((1u << (next - at)) - 1) << (at % 8);
        visit(granule(at), static_cast<std::uint8_t>(bits));
        at = next;
    }
}

std::uint64_t Memory::load(Cell cell, Order order, Pc pc) {
    scheduler.point();
    reveal(cell);
    access(cell, Kind::AtomicRead, pc);
    if (is_weak_) return load_weakly(cell, order, pc);
    auto& buffer = self().buffer;
    const auto own = std::find_if(buffer.rbegin(), buffer.rend(), [&](const Pending& pending) {
        return pending.cell.address == cell.address;
    });
    const std::uint64_t value = own != buffer.rend() ? own->value : read(cell);
    if (own == buffer.rend()) acquire(location(cell.address), order);
    trace.add({.op = Event::Op::Load, .order = order, .cell = cell, .after = value, .pc = pc});
    return value;
}

void Memory::store(Cell cell, std::uint64_t value, Order order, Pc pc) {
    scheduler.point();
    access(cell, Kind::AtomicWrite, pc);
    if (is_weak_) return store_weakly(cell, value, order, pc);
    trace.add({.op = Event::Op::Store, .order = order, .cell = cell, .after = value, .pc = pc});
    self().buffer.push_back({cell, value, released_by(order), pc});
    if (order == Order::SeqCst) drain_own();
    tick();
}

std::uint64_t Memory::read_modify_write(Cell cell, Operation operation, std::uint64_t operand,
                                        Order order, Pc pc) {
    scheduler.point();
    drain_own();
    reveal(cell);
    access(cell, Kind::AtomicWrite, pc);
    const std::uint64_t before = read(cell);
    const std::uint64_t after = cut(operation(before, operand), cell.size);
    change(cell, after, order);
    trace.add({Event::Op::Change, order, cell, before, after, pc});
    tick();
    return before;
}

/// What a read-modify-write reads and writes.
void Memory::change(Cell cell, std::uint64_t after, Order order) {
    if (is_weak_) return change_weakly(cell, after, order);
    Location& at = location(cell.address);
    acquire(at, order);
    at.released.join(released_by(order));  // a release sequence goes on
    write(cell, after);
}

bool Memory::compare_exchange(Cell cell, std::uint64_t& expected, std::uint64_t desired,
                              Order success, Order failure, bool is_weak, Pc pc) {
    scheduler.point();
    drain_own();
    reveal(cell);
    const History::Store* const old = is_weak_ ? choose_old(cell, expected, failure) : nullptr;
    const std::uint64_t before = old != nullptr ? old->value : read(cell);
    if (before != expected || (is_weak && scheduler.strategy().decide(Decision::Rare))) {
        access(cell, Kind::AtomicRead, pc);
        if (is_weak_) {
            see(history(cell), old, failure);
        } else {
            acquire(location(cell.address), failure);
        }
        trace.add({Event::Op::Fail, failure, cell, before, before, pc});
        expected = before;
        return false;
    }
    access(cell, Kind::AtomicWrite, pc);
    change(cell, cut(desired, cell.size), success);
    trace.add({Event::Op::Change, success, cell, before, cut(desired, cell.size), pc});
    tick();
    return true;
}

void Memory::fence(Order order, Pc pc) {
    scheduler.point();
    Thread& thread = self();
    if (order == Order::SeqCst) drain_own();
    if (acquires(order)) thread.clock.join(thread.for_acquire_fence);
    if (is_weak_) fence_weakly(scheduler.current(), order);
    if (releases(order)) thread.at_release_fence = thread.clock;
    trace.add({.op = Event::Op::Fence, .order = order, .pc = pc});
    tick();
}

void Memory::plain_access(std::uintptr_t address, std::size_t size, bool writes, Pc pc) {
    scheduler.count_step();
    const Cell cell{address, size};
    if (has_pending(scheduler.current(), cell)) drain_own();
    const bool shared = is_shared(address);
    if (shared && scheduler.strategy().stops_at_plain_accesses()) scheduler.point();
    access(cell, writes ? Kind::PlainWrite : Kind::PlainRead, pc);
    if (!shared) return;
    trace.add(
        {.op = writes ? Event::Op::PlainWrite : Event::Op::PlainRead, .cell = cell, .pc = pc});
}

std::uint64_t Memory::observe(Cell cell) {
    reveal(cell);
    return read(cell);
}

void Memory::bury(std::uintptr_t address, std::size_t size, Pc pc) {
    drain_own();
    trace.add({.op = Event::Op::Bury, .cell = {address, size}, .pc = pc});
    access({address, size}, Kind::PlainWrite, pc);
    for_each_granule({address, size}, [](Granule& its, std::uint8_t mask) { its.buried |= mask; });
}

void Memory::revive(std::uintptr_t address, std::size_t size) {
    for_each_granule({address, size}, [](Granule& its, std::uint8_t mask) {
        its.buried &= static_cast<std::uint8_t>(~mask);
    });
}

void Memory::leave_frames(std::uintptr_t end, Pc pc) {
    auto& visited = self().visited;
    if (visited.empty()) return;
    // To leave a frame is to write to it: it must happen after all that others did there.
    std::erase_if(visited, [&](std::uintptr_t address) {
        if (address >= end) return false;
        Granule& its = granule(address);
        access_bytes(its, 0xff, Kind::PlainWrite, pc);
        return true;
    });
}

// Happens-before.

Memory::Location& Memory::location(std::uintptr_t address) {
    for (std::size_t slot = address * 0x9E3779B97F4A7C15u >> 32;; ++slot) {
        Location& candidate = locations_[slot % kSlots];
        if (candidate.schedule == schedule_ && candidate.key != address) continue;
        if (candidate.schedule != schedule_) candidate = {address, schedule_, {}};
        return candidate;
    }
}

void Memory::acquire(const Location& from, Order order) {
    Thread& thread = self();
    (acquires(order) ? thread.clock : thread.for_acquire_fence).join(from.released);
}

VectorClock Memory::released_by(Order order) {
    return releases(order) ? self().clock : self().at_release_fence;
}

void Memory::tick() {
    Thread& thread = self();
    const ThreadIndex index = scheduler.current();
    thread.known.seen.at[index] = ++thread.clock.at[index];
}

// Store buffers.

bool Memory::has_pending(ThreadIndex owner, Cell cell) const {
    return std::ranges::any_of(threads_[owner].buffer,
                               [&](const Pending& pending) { return overlap(pending.cell, cell); });
}

/// Before the current thread looks at `cell`: decides which of the others' stores it sees.
void Memory::reveal(Cell cell) {
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) {
        if (t == scheduler.current()) continue;
        while (has_pending(t, cell) && scheduler.strategy().decide(Decision::Visible)) {
            while (!overlap(threads_[t].buffer.front().cell, cell)) commit_first(t);
            commit_first(t);
        }
    }
}

void Memory::commit_first(ThreadIndex owner) {
    auto& buffer = threads_[owner].buffer;
    const Pending& first = buffer.front();
    write(first.cell, first.value);
    location(first.cell.address).released = first.released;
    trace.add_for(
        owner,
        {.op = Event::Op::Visible, .cell = first.cell, .after = first.value, .pc = first.pc});
    buffer.erase(buffer.begin());
}

void Memory::drain(ThreadIndex owner) {
    while (!threads_[owner].buffer.empty()) commit_first(owner);
}

void Memory::drain_own() { drain(scheduler.current()); }

void Memory::drain_all() {
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) drain(t);
}

void Memory::fence_everywhere() {
    if (!is_weak_) return drain_all();
    const ThreadIndex caller = scheduler.current();
    fence_weakly(caller, Order::SeqCst);
    for (ThreadIndex t = 0; t < kMaxThreads; ++t) {
        if (t == caller) continue;
        scheduler.point();  // each processor has its own moment
        fence_weakly(t, Order::SeqCst);
    }
    fence_weakly(caller, Order::SeqCst);
}

// Weak memory.

History& Memory::history(Cell cell) {
    for (std::size_t slot = cell.address * 0x9E3779B97F4A7C15u >> 32;; ++slot) {
        Place& its = places_[slot % kSlots];
        const bool is_new = its.schedule != schedule_;
        if (!is_new && its.cell.address != cell.address) continue;
        if (is_new) {
            its.cell = cell;
            its.schedule = schedule_;
            its.history.forget();
        }
        if (its.history.empty()) its.cell.size = cell.size;
        if (its.cell.size != cell.size) fail("explore: atomics that overlap are not simulated");
        // Another value: code that is not instrumented has been here.
        if (its.history.empty() || its.history.newest().value != read(cell)) {
            its.history.start(read(cell));
            granule(cell.address).histories |= static_cast<std::uint8_t>(1u << cell.address % 8);
        }
        return its.history;
    }
}

/// A plain write ends what was atomic before: without a race, nobody can see it any more.
void Memory::forget_histories(Granule& its, std::uint8_t mask) {
    for (unsigned byte = 0; byte < 8; ++byte) {
        if (((its.histories & mask) >> byte & 1) == 0) continue;
        const std::uintptr_t address = its.key * 8 + byte;
        std::size_t slot = address * 0x9E3779B97F4A7C15u >> 32;
        while (places_[slot % kSlots].cell.address != address) ++slot;
        places_[slot % kSlots].history.forget();
    }
    its.histories &= static_cast<std::uint8_t>(~mask);
}

Knowledge Memory::knowledge_for(Order order) {
    Knowledge known = self().known;
    if (order != Order::SeqCst) return known;
    known.join(known_by_fences_);
    known.sequenced = sequenced_;
    return known;
}

void Memory::note(History& its, std::uint64_t place, Order order) {
    const ThreadIndex index = scheduler.current();
    its.note(index, self().clock.at[index], place);
    if (order == Order::SeqCst) its.note(kMaxThreads, ++sequenced_, place);
}

/// The current thread sees `store`, or the newest.
void Memory::see(History& its, const History::Store* store, Order order) {
    const History::Store& seen = store != nullptr ? *store : its.newest();
    Thread& thread = self();
    (acquires(order) ? thread.clock : thread.for_acquire_fence).join(seen.released);
    (acquires(order) ? thread.known : thread.known_for_acquire_fence).join(seen.known);
    note(its, seen.place, order);
}

std::uint64_t Memory::load_weakly(Cell cell, Order order, Pc pc) {
    History& its = history(cell);
    const auto visible = its.visible_to(knowledge_for(order));
    const std::size_t age = scheduler.strategy().age(visible.size());
    const History::Store& seen = visible[visible.size() - 1 - age];
    const auto op = age == 0 ? Event::Op::Load : Event::Op::OldLoad;
    trace.add({op, order, cell, its.newest().value, seen.value, pc});
    see(its, &seen, order);
    return seen.value;
}

/// For a compare-exchange: an older store that it may see and fail; or null.
const History::Store* Memory::choose_old(Cell cell, std::uint64_t expected, Order order) {
    const auto visible = history(cell).visible_to(knowledge_for(order));
    std::array<const History::Store*, History::kDepth + 1> choices{};
    std::size_t count = 1;
    for (const History::Store& store : visible.first(visible.size() - 1)) {
        if (store.value != expected) choices[count++] = &store;
    }
    return choices[scheduler.strategy().age(count)];
}

History::Store Memory::make_store(std::uint64_t value, Order order) {
    const Thread& thread = self();
    return {.value = value,
            .released = released_by(order),
            .known = releases(order) ? thread.known : thread.known_at_release_fence};
}

void Memory::store_weakly(Cell cell, std::uint64_t value, Order order, Pc pc) {
    History& its = history(cell);
    const auto visible = its.visible_to(knowledge_for(order));
    std::array<const History::Store*, History::kDepth> choices{};
    std::size_t count = 0;
    for (std::size_t i = visible.size(); i-- > 0;) {
        if (its.has_room_after(visible[i])) choices[count++] = &visible[i];
    }
    const std::size_t age = scheduler.strategy().age(count);
    const auto op = age == 0 ? Event::Op::Store : Event::Op::EarlyStore;
    trace.add({op, order, cell, its.newest().value, value, pc});
    const std::uint64_t place = its.insert_after(*choices[age], make_store(value, order));
    note(its, place, order);
    if (age == 0) write(cell, value);
    tick();
}

void Memory::change_weakly(Cell cell, std::uint64_t after, Order order) {
    History& its = history(cell);
    see(its, nullptr, order);
    History::Store store = make_store(after, order);
    store.follows = true;
    store.released.join(its.newest().released);  // a release sequence goes on
    store.known.join(its.newest().known);
    note(its, its.insert_after(its.newest(), store), order);
    write(cell, after);
}

/// The seq_cst part: hands on what the fences before it knew, and what this thread knows.
void Memory::fence_weakly(ThreadIndex index, Order order) {
    Thread& thread = threads_[index];
    if (acquires(order)) thread.known.join(thread.known_for_acquire_fence);
    if (order == Order::SeqCst) {
        thread.known.join(known_by_fences_);
        thread.known.sequenced = sequenced_;
        known_by_fences_ = thread.known;
    }
    if (releases(order)) thread.known_at_release_fence = thread.known;
}

// Races.

Memory::Granule& Memory::granule(std::uintptr_t address) {
    const std::uintptr_t key = address / 8;
    for (std::size_t slot = key * 0x9E3779B97F4A7C15u >> 32;; ++slot) {
        Granule& candidate = granules_[slot % kSlots];
        if (candidate.schedule == schedule_ && candidate.key != key) continue;
        if (candidate.schedule != schedule_) {
            candidate.key = key;
            candidate.schedule = schedule_;
            candidate.count = 0;
            candidate.buried = 0;
            candidate.histories = 0;
        }
        return candidate;
    }
}

bool Memory::is_shared(std::uintptr_t address) {
    const Granule& its = granule(address);
    return std::any_of(its.accesses.begin(), its.accesses.begin() + its.count,
                       [](const Access& a) { return a.thread != scheduler.current(); });
}

void Memory::access(Cell cell, Kind kind, Pc pc) {
    check_frame(cell.address, pc);
    for_each_granule(cell,
                     [&](Granule& its, std::uint8_t mask) { access_bytes(its, mask, kind, pc); });
}

void Memory::access_bytes(Granule& its, std::uint8_t mask, Kind kind, Pc pc) {
    const auto self_index = static_cast<std::uint8_t>(scheduler.current());
    const Access mine{pc, self().clock.at[self_index], self_index, kind, mask};
    if ((its.buried & mask) != 0) {
        fail("an object was touched after its end, by T" + std::to_string(self_index) + " at " +
             trace.place_of(pc));
    }
    check_for_race(its, mine);
    if (kind == Kind::PlainWrite && (its.histories & mask) != 0) forget_histories(its, mask);
    // Of a thread's accesses of one kind the last one counts: what does not race with it does not
    // race with those before.
    const auto end = std::remove_if(
        its.accesses.begin(), its.accesses.begin() + its.count, [&](const Access& old) {
            return old.thread == mine.thread && old.kind == kind && (old.mask & ~mask) == 0;
        });
    its.count = static_cast<std::uint8_t>(end - its.accesses.begin());
    if (its.count == Granule::kMostAccesses) fail("explore: Granule::kMostAccesses is too small");
    its.accesses[its.count++] = mine;
}

void Memory::check_for_race(const Granule& its, const Access& mine) const {
    const auto writes = [](Kind kind) {
        return kind == Kind::PlainWrite || kind == Kind::AtomicWrite;
    };
    const auto is_plain = [](Kind kind) {
        return kind == Kind::PlainRead || kind == Kind::PlainWrite;
    };
    const VectorClock& known = threads_[mine.thread].clock;
    for (std::size_t i = 0; i < its.count; ++i) {
        const Access& other = its.accesses[i];
        if (other.thread == mine.thread || (other.mask & mine.mask) == 0) continue;
        if (!writes(other.kind) && !writes(mine.kind)) continue;
        if (!is_plain(other.kind) && !is_plain(mine.kind)) continue;
        if (known.knows(other.thread, other.time)) continue;
        fail("data race on " + trace.name_of(its.key * 8) + ": T" + std::to_string(other.thread) +
             " at " + trace.place_of(other.pc) + ", then T" + std::to_string(mine.thread) + " at " +
             trace.place_of(mine.pc));
    }
}

/// Looks after the stacks of others: notes who visits them, and whether the frame is there.
void Memory::check_frame(std::uintptr_t address, Pc pc) {
    const auto owner = scheduler.stack_owner(address);
    if (!owner || *owner == scheduler.current()) return;
    if (!scheduler.is_live(*owner, address)) {
        fail("T" + std::to_string(scheduler.current()) + " touches a dead frame of T" +
             std::to_string(*owner) + " at " + trace.place_of(pc));
    }
    auto& visited = threads_[*owner].visited;
    const std::uintptr_t granule_address = address / 8 * 8;
    if (std::ranges::count(visited, granule_address) == 0) visited.push_back(granule_address);
}

}  // namespace explore
