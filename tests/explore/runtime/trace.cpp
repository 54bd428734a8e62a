// SPDX-License-Identifier: MIT
// The trace: from instruction addresses to lines of the headers, and from events to columns.
#include "explore/runtime/trace.hpp"

#include <stdio.h>  // popen
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <string_view>

#include "explore/runtime/scheduler.hpp"

namespace explore {
namespace {

constexpr std::array kOrders{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};

std::string name_of_order(Order order) {
    // The upper bits are hints of the compiler's.
    return kOrders[std::min<std::size_t>(static_cast<std::size_t>(order) & 7, 5)];
}

std::string hexadecimal(std::uint64_t value) {
    std::ostringstream text;
    text << "0x" << std::hex << value;
    return std::move(text).str();
}

/// Small numbers are states, large ones pointers.
std::string value_text(std::uint64_t value) {
    return value < 1'000'000 ? std::to_string(value) : hexadecimal(value);
}

/// "raw_mutex.hpp:12" of "/home/me/include/parking_lot/raw_mutex.hpp:12 (discriminator 3)".
std::string_view short_place(std::string_view place) {
    place = place.substr(0, place.find(' '));
    return place.substr(place.rfind('/') + 1);
}

/// "unlock" of "ns::Class<int>::unlock(bool) const".
std::string short_function(std::string_view function) {
    std::string name;
    int depth = 0;
    for (const char c : function) {
        if (c == '(' && depth == 0 && !name.empty() && !name.ends_with("operator")) break;
        if (c == ')' || c == '>' || c == '}') --depth;
        if (depth == 0) name += c;
        if (c == '(' || c == '<' || c == '{') ++depth;
        if (name.ends_with("::") || name.ends_with(' ')) name.clear();
    }
    return name;
}

}  // namespace

Trace trace;

void Trace::add(const Event& event) { add_for(scheduler.current(), event); }

/// Plain accesses to waiters, and what the bodies of the threads capture, would only hide the rest.
bool Trace::is_of_interest(const Event& event) const {
    const bool is_plain = event.op == Event::Op::PlainRead || event.op == Event::Op::PlainWrite;
    if (!is_plain && event.op != Event::Op::Load) return true;
    if (!is_plain && scheduler.stack_owner(event.cell.address)) return true;
    return std::ranges::any_of(regions_, [&](const Region& region) {
        return event.cell.address - region.address < region.size;
    });
}

std::string Trace::name_of(std::uintptr_t address) const {
    for (const Region& region : regions_) {
        if (address - region.address >= region.size) continue;
        const std::size_t offset = address - region.address;
        return offset == 0 ? region.name : region.name + "+" + std::to_string(offset);
    }
    if (const auto owner = scheduler.stack_owner(address)) {
        return "T" + std::to_string(*owner) + ":" + hexadecimal(address & 0xffff);
    }
    return hexadecimal(address);
}

/// By addr2line: its answer for each address is the address, and then pairs of lines, a function
/// and a place, from the innermost inlined function to the outermost.
void Trace::look_up(const std::vector<const void*>& pcs) {
    std::ostringstream command;
    command << "addr2line -a -i -f -C -e /proc/" << ::getpid() << "/exe";
    for (const void* const pc : pcs) {
        // The hook returns to `pc`; its call is just before.
        command << ' ' << hexadecimal(reinterpret_cast<std::uintptr_t>(pc) - 1);
    }
    FILE* const answer = ::popen((command.str() + " 2>&1").c_str(), "r");
    if (answer == nullptr) return;
    std::string* place = nullptr;
    std::string function;
    auto pc = pcs.begin();
    for (std::array<char, 4096> line; std::fgets(line.data(), line.size(), answer) != nullptr;) {
        std::string_view text{line.data(), std::strcspn(line.data(), "\n")};
        if (text.starts_with("0x")) {
            if (pc == pcs.end()) break;
            place = &places_[*pc++];
            function.clear();
        } else if (function.empty()) {
            function = text;
        } else {
            // The innermost function that is ours: not one of the standard library's.
            const bool is_ours =
                text.find("/parking_lot/") != text.npos || text.find("/scenarios/") != text.npos;
            if (place != nullptr && place->empty() && is_ours) {
                *place = std::string{short_place(text)} + " " + short_function(function);
            }
            function.clear();
        }
    }
    ::pclose(answer);
}

std::string Trace::place_of(const void* pc) {
    if (!places_.contains(pc)) look_up({pc});
    const std::string& place = places_[pc];
    return place.empty() ? hexadecimal(reinterpret_cast<std::uintptr_t>(pc)) : place;
}

std::string Trace::text_of(const Event& event) const {
    const std::string name = name_of(event.cell.address);
    const std::string order = " " + name_of_order(event.order);
    const std::string after = value_text(event.after);
    switch (event.op) {
        case Event::Op::Load:
            return name + " is " + after + order;
        case Event::Op::OldLoad:
            return name + " was " + after + order + ", by now " + value_text(event.before);
        case Event::Op::Store:
            return name + " := " + after + order;
        case Event::Op::EarlyStore:
            return name + " := " + after + order + ", overtaken by " + value_text(event.before);
        case Event::Op::Visible:
            return "(" + name + " := " + after + " gets visible)";
        case Event::Op::Change:
            return name + ": " + value_text(event.before) + " -> " + after + order;
        case Event::Op::Fail:
            return name + " is " + after + order + ", not exchanged";
        case Event::Op::Fence:
            return "fence" + order;
        case Event::Op::PlainRead:
            return "reads " + name;
        case Event::Op::PlainWrite:
            return "writes " + name;
        case Event::Op::Bury:
            return name + " ends";
        case Event::Op::Sleep:
            return "sleeps on " + name;
        case Event::Op::NoSleep:
            return "does not sleep: " + name + " is " + after;
        case Event::Op::Awake:
            return "is awake";
        case Event::Op::TimedOut:
            return "has slept until its deadline";
        case Event::Op::Wake:
            return "wakes " + after + " on " + name;
        case Event::Op::Yield:
            return "yields";
        case Event::Op::Nap:
            return "sleeps for a while";
        case Event::Op::Membarrier:
            return "membarrier";
        case Event::Op::Ends:
            return "ends";
    }
    return {};
}

void Trace::print() {
    std::vector<const void*> pcs;
    ThreadIndex threads = 0;
    for (const auto& [thread, event] : events_) {
        threads = std::max(threads, thread + 1);
        if (event.pc != nullptr) pcs.push_back(event.pc);
    }
    std::ranges::sort(pcs);
    pcs.erase(std::unique(pcs.begin(), pcs.end()), pcs.end());
    look_up(pcs);
    const std::size_t width = threads > 2 ? 58 : 78;
    std::string previous;
    std::size_t repeated = 0;
    for (const auto& [thread, event] : events_) {
        if (!is_of_interest(event)) continue;
        std::string line(threads * width, ' ');
        for (ThreadIndex t = 1; t < threads; ++t) line[t * width - 2] = '|';
        const std::string place = event.pc == nullptr ? "" : place_of(event.pc) + ": ";
        const std::string text = place + text_of(event);
        line.replace(thread * width, std::min(text.size(), line.size() - thread * width), text);
        // Loops that wait, shortly.
        repeated = line == previous ? repeated + 1 : 0;
        if (repeated < 2) std::puts(line.c_str());
        if (repeated == 2) std::puts((std::string(thread * width, ' ') + "...").c_str());
        previous = std::move(line);
    }
}

}  // namespace explore
