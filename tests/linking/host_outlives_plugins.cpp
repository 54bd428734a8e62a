// SPDX-License-Identifier: MIT
// Checked builds: reports of locks that were made, and locked, by plugins that are gone.
// With PARKING_LOT_LOCK_ORDER=report: it goes on after each.
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>

#include "module.hpp"

static_assert(PARKING_LOT_CHECKED);

namespace {

using Lock = parking_lot::RawMutex;

/// Memory of this program, for a lock that a plugin makes.
struct Place {
    alignas(Lock) std::array<std::byte, sizeof(Lock)> bytes;
    void* get() { return bytes.data(); }
};

/// What `write(file)` prints.
template <class Write>
std::string text_of(Write&& write) {
    std::FILE* const file = std::tmpfile();
    require(file != nullptr, "there is a temporary file");
    write(file);
    std::rewind(file);
    std::string text;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
    std::fclose(file);
    return text;
}

/// What `report()` prints to stderr.
template <class Report>
std::string errors_of(Report&& report) {
    return text_of([&](std::FILE* file) {
        const int errors = ::dup(STDERR_FILENO);
        ::dup2(::fileno(file), STDERR_FILENO);
        report();
        ::dup2(errors, STDERR_FILENO);
        ::close(errors);
    });
}

/// Ends the program unless all `words` are in the report, one after the other.
void require_words(const std::string& report, std::initializer_list<std::string_view> words) {
    std::size_t end = 0;
    for (const std::string_view word : words) {
        const std::size_t place = report.find(word, end);
        if (place == std::string::npos) std::fputs(report.c_str(), stderr);
        require(place != std::string::npos, word.data());
        end = place + word.size();
    }
}

void lock_both(const Module& module, void* outer, void* inner) {
    module.lock(outer);
    module.lock(inner);
    module.unlock(inner);
    module.unlock(outer);
}

constexpr std::string_view kMade = " (made at ";
constexpr std::string_view kWhere = "module.hpp:";

void report_an_order_of_the_past(const char* path) {
    Place gone;
    Lock own;
    {
        const Plugin plugin{path};
        plugin.module().make(gone.get());
        lock_both(plugin.module(), gone.get(), &own);
    }
    require(!Plugin::is_there(path), "the plugin is unloaded");
    const std::string report = errors_of([&]() { lock_both(kThisModule, &own, gone.get()); });
    require_words(report, {"lock-order inversion (parking_lot::RawMutex at ", kMade, kWhere,
                           "Now, ", "locks parking_lot::RawMutex at ", kMade, kWhere, "Before, ",
                           "while it held parking_lot::RawMutex at ", kMade, kWhere});
}

/// A thread that a plugin locked for, and which waits.
void report_a_deadlock(const char* path) {
    static Place first;
    static Place second;
    static std::atomic<int> here{0};
    static std::atomic<bool> may_go_on{false};
    const auto lock_in_order = [](const Module& module, Place& outer, Place& inner) {
        std::thread{[&]() {
            module.lock(outer.get());
            ++here;
            while (!may_go_on) std::this_thread::yield();
            kThisModule.lock(inner.get());
        }}.detach();
    };
    {
        const Plugin plugin{path};
        plugin.module().make(first.get());
        plugin.module().make(second.get());
        lock_in_order(plugin.module(), first, second);
        lock_in_order(plugin.module(), second, first);
        while (here != 2) std::this_thread::yield();
        require(plugin.module().report_deadlocks(stderr) == 0, "so far there is no deadlock");
    }
    require(!Plugin::is_there(path), "a plugin that looks for deadlocks is unloaded");
    const std::string inversion = errors_of([]() {
        may_go_on = true;
        while (parking_lot::detail::find_deadlocks(nullptr) == 0) std::this_thread::yield();
    });
    require_words(inversion, {"lock-order inversion (parking_lot::RawMutex at ", kMade, kWhere});
    const std::string report = text_of([](std::FILE* file) { kThisModule.report_deadlocks(file); });
    require_words(report, {"deadlock of 2 threads", "to lock parking_lot::RawMutex at ", kMade,
                           kWhere, "to lock parking_lot::RawMutex at ", kMade, kWhere});
}

}  // namespace

int main(int, char** argv) {
    // Has those unique symbols of the standard library that would keep the others loaded.
    const Plugin resident{argv[1]};
    report_an_order_of_the_past(argv[2]);
    report_a_deadlock(argv[3]);
    std::_Exit(0);  // with threads that wait for ever
}
