// SPDX-License-Identifier: MIT
// Programs as text and as bytes, and random ones.
#include "fuzz/program.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <sstream>

namespace parking_lot::fuzz {
namespace {

using std::string_view;

// In the order of the enumerators. No word is there twice.
constexpr std::array<string_view, 24> kVerbs{"lock",
                                             "read",
                                             "upgradable",
                                             "lock_all",
                                             "unlocked",
                                             "end",
                                             "unlock",
                                             "fail",
                                             "touch",
                                             "bump",
                                             "map",
                                             "downgrade",
                                             "downgrade_to_upgradable",
                                             "upgrade",
                                             "await",
                                             "wait",
                                             "notify_one",
                                             "notify_all",
                                             "signal",
                                             "attend",
                                             "stop",
                                             "nap",
                                             "yield",
                                             "thread"};
constexpr std::array<string_view, kItems> kItemNames{"mutex",
                                                     "fair_mutex",
                                                     "byte_mutex",
                                                     "reentrant_mutex",
                                                     "metered_mutex",
                                                     "rwlock",
                                                     "reader_preferring",
                                                     "writer_preferring",
                                                     "metered_rwlock",
                                                     "gate",
                                                     "semaphore",
                                                     "latch",
                                                     "once",
                                                     "once_cell",
                                                     "lazy"};
constexpr std::array<string_view, 5> kWays{"plainly", "try", "for", "until", "stoppable"};
constexpr std::array<string_view, 8> kLimits{"past", "0us",   "2us",   "10us",
                                             "30us", "100us", "300us", "never"};
constexpr std::array<string_view, 6> kFlavors{"ordinary", "when", "failing",
                                              "owned",    "with", "fair"};

constexpr std::size_t kBytes = 5;  // of an instruction

/// The enumerator of the name, if it is one.
template <class Enum, std::size_t kCount>
bool find(string_view word, const std::array<string_view, kCount>& names, Enum& result) {
    const auto found = std::ranges::find(names, word);
    if (found == names.end()) return false;
    result = static_cast<Enum>(found - names.begin());
    return true;
}

/// Leaves out the first name, as parse() puts it there again, unless told `always`.
template <class Enum, std::size_t kCount>
void print_unless_first(std::ostream& out, Enum value, const std::array<string_view, kCount>& names,
                        bool always = false) {
    const auto index = static_cast<std::size_t>(value);
    if (index != 0 || always) out << ' ' << names[index];
}

bool uses_item(Verb verb) {
    return verb <= Verb::LockAll || verb == Verb::Signal || verb == Verb::Attend;
}

template <class Enum, std::size_t kCount>
Enum pick(unsigned number, const std::array<string_view, kCount>&) {
    return static_cast<Enum>(number % kCount);
}

Instruction instruction_of(std::span<const std::uint8_t, kBytes> bytes) {
    return {pick<Verb>(bytes[0], kVerbs), pick<Item>(bytes[1], kItemNames),
            pick<Way>(bytes[2], kWays), pick<Limit>(bytes[3], kLimits),
            pick<Flavor>(bytes[4], kFlavors)};
}

/// Random instructions that fit where they stand, mostly.
class Author {
  public:
    explicit Author(std::uint32_t seed) : random_{seed} {
        for (Item& item : items_) item = static_cast<Item>(below(kItems));
    }

    Program write() {
        const unsigned threads = 1 + below(5);
        for (unsigned i = 0; i < threads; ++i) {
            program_.push_back({.verb = Verb::Thread});
            for (unsigned sections = 1 + below(3); sections > 0; --sections) write_section(0);
        }
        return std::move(program_);
    }

  private:
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }

    Instruction random_instruction() {
        std::array<std::uint8_t, kBytes> bytes{};
        std::ranges::generate(bytes, [this]() { return static_cast<std::uint8_t>(below(256)); });
        Instruction result = instruction_of(bytes);
        result.item = items_[below(kFew)];
        if (below(2) == 0) result.flavor = Flavor::Ordinary;
        return result;
    }

    Instruction random_instruction(Verb first, Verb last) {
        Instruction result = random_instruction();
        const auto least = static_cast<unsigned>(first);
        result.verb = static_cast<Verb>(least + below(static_cast<unsigned>(last) - least + 1));
        return result;
    }

    void write_section(unsigned depth) {
        program_.push_back(random_instruction(Verb::Lock, Verb::LockAll));
        for (unsigned steps = below(4); steps > 0; --steps) {
            if (depth < 2 && below(4) == 0) {
                write_section(depth + 1);
            } else {
                program_.push_back(random_instruction(Verb::Touch, Verb::Yield));
            }
        }
        program_.push_back(random_instruction(Verb::End, Verb::Fail));
        if (below(2) == 0) program_.push_back(random_instruction(Verb::NotifyOne, Verb::Yield));
    }

    static constexpr unsigned kFew = 4;  // so that the threads meet

    std::minstd_rand random_;
    std::array<Item, kFew> items_{};
    Program program_;
};

}  // namespace

string_view name_of(Item item) { return kItemNames[static_cast<std::size_t>(item)]; }

std::string print(const Program& program) {
    std::ostringstream out;
    std::size_t depth = 0;
    for (const Instruction& instruction : program) {
        if (instruction.verb == Verb::Thread) depth = 0;
        if (ends_section(instruction.verb) && depth > 0) --depth;
        out << std::string(2 * depth, ' ') << kVerbs[static_cast<std::size_t>(instruction.verb)];
        print_unless_first(out, instruction.item, kItemNames, uses_item(instruction.verb));
        print_unless_first(out, instruction.way, kWays);
        print_unless_first(out, instruction.limit, kLimits);
        print_unless_first(out, instruction.flavor, kFlavors);
        out << '\n';
        if (begins_section(instruction.verb)) ++depth;
    }
    return out.str();
}

Program parse(string_view text) {
    Program program;
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words{line};
        for (std::string word; words >> word;) {
            Instruction next;
            if (find(word, kVerbs, next.verb)) {
                program.push_back(next);
            } else if (!program.empty()) {
                Instruction& last = program.back();
                (void)(find(word, kItemNames, last.item) || find(word, kWays, last.way) ||
                       find(word, kLimits, last.limit) || find(word, kFlavors, last.flavor));
            }
        }
    }
    return program;
}

std::vector<std::uint8_t> encode(const Program& program) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(program.size() * kBytes);
    for (const Instruction& instruction : program) {
        bytes.insert(bytes.end(), {static_cast<std::uint8_t>(instruction.verb),
                                   static_cast<std::uint8_t>(instruction.item),
                                   static_cast<std::uint8_t>(instruction.way),
                                   static_cast<std::uint8_t>(instruction.limit),
                                   static_cast<std::uint8_t>(instruction.flavor)});
    }
    return bytes;
}

Program decode(std::span<const std::uint8_t> bytes) {
    Program program;
    for (; bytes.size() >= kBytes; bytes = bytes.subspan(kBytes))
        program.push_back(instruction_of(bytes.first<kBytes>()));
    return program;
}

Program random_program(std::uint32_t seed) { return Author{seed}.write(); }

}  // namespace parking_lot::fuzz
