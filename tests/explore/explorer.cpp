// SPDX-License-Identifier: MIT
// The program: explores the chosen scenarios, and tells of the first schedule that goes wrong.
#include <signal.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "explore/explorer.hpp"
#include "explore/mutant.hpp"
#include "explore/runtime/memory.hpp"
#include "explore/runtime/scheduler.hpp"
#include "explore/runtime/strategy.hpp"
#include "explore/runtime/trace.hpp"

namespace explore {
namespace {

constexpr std::string_view kUsage =
    R"(Runs small programs over the unmodified headers in many schedules, until one goes wrong.
  --list              names the scenarios
  --scenario=TEXT     only those whose name contains TEXT
  --schedules=N       how many schedules of each scenario at most (1000)
  --seconds=N         how long for each scenario at most
  --seed=N            chooses at random, starting from this seed (1)
  --fresh             chooses at random, starting from a new seed, which it prints
  --deviations=N      tries every schedule with at most N deviations from a plain one
  --choices=A:B,...   repeats one schedule of such a search
  --mutant=NAME       with this mutant, in a program that has it
  --kill-mutants      with each of them; each must be found out, in either kind of memory
  --weak              memory as weak as the C++ standard allows, not x86's store buffers
  --litmus            tests the simulated memory itself, in both ways
  --trace             prints the trace of the last schedule, if none fails
)";

struct Options {
    bool list = false;
    bool trace = false;
    std::string scenario;
    std::string mutant;
    bool kill_mutants = false;
    bool litmus = false;
    std::uint64_t schedules = 1'000;
    std::time_t seconds = std::numeric_limits<std::time_t>::max();
    std::uint64_t seed = 1;
    std::optional<unsigned> deviations;
    std::optional<Exhaustive::Choices> choices;
};

/// What runs just now, for the report of a failure.
struct Progress {
    const char* scenario = "";
    std::uint64_t schedules = 0;
    std::uint64_t schedules_before = 0;  // of other scenarios
    bool is_brief = false;
};
Progress progress;

Exhaustive::Choices parse_choices(const std::string& text) {
    Exhaustive::Choices choices;
    std::istringstream in{text};
    std::size_t at = 0;
    std::size_t chosen = 0;
    char separator = 0;
    while (in >> at >> separator >> chosen) {
        choices[at] = chosen;
        in >> separator;
    }
    return choices;
}

[[noreturn]] void refuse(const char* argument) {
    std::fprintf(stderr, "explore: what is \"%s\"?\n%s", argument, kUsage.data());
    std::exit(2);
}

Options parse(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument{arguments[i]};
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        const std::string value{equals == argument.npos ? "" : argument.substr(equals + 1)};
        const auto number = [&]() { return std::strtoull(value.c_str(), nullptr, 10); };
        if (name == "--list")
            options.list = true;
        else if (name == "--trace")
            options.trace = true;
        else if (name == "--scenario")
            options.scenario = value;
        else if (name == "--mutant")
            options.mutant = value;
        else if (name == "--kill-mutants")
            options.kill_mutants = true;
        else if (name == "--weak")
            memory.be_weak(true);
        else if (name == "--litmus")
            options.litmus = true;
        else if (name == "--schedules")
            options.schedules = number();
        else if (name == "--seconds")
            options.seconds = static_cast<std::time_t>(number());
        else if (name == "--seed")
            options.seed = number();
        else if (name == "--fresh")
            options.seed = std::random_device{}();
        else if (name == "--deviations")
            options.deviations = static_cast<unsigned>(number());
        else if (name == "--choices")
            options.choices = parse_choices(value);
        else
            refuse(arguments[i]);
    }
    return options;
}

std::unique_ptr<Strategy> make_strategy(const Options& options) {
    if (options.choices) return std::make_unique<Exhaustive>(*options.choices);
    if (options.deviations) return std::make_unique<Exhaustive>(*options.deviations);
    return std::make_unique<Sampling>(options.seed);
}

template <class Function>
auto run_once(Function* function) {
    trace.reset();
    trace.forget_names();
    memory.reset();
    scheduler.reset();
    reset_heap();
    return function();
}

void explore_scenario(const Scenario& scenario, const Options& options) {
    const auto strategy = make_strategy(options);
    scheduler.use(*strategy);
    progress.scenario = scenario.name;
    progress.schedules_before += std::exchange(progress.schedules, 0);
    const std::time_t start = std::time(nullptr);  // <chrono>'s clocks are simulated
    const std::uint64_t limit = options.choices ? 1 : options.schedules;
    bool all = false;
    while (progress.schedules < limit && !all) {
        if (progress.schedules % 256 == 0 && std::time(nullptr) - start >= options.seconds) break;
        all = !strategy->next_schedule();
        if (all) break;
        ++progress.schedules;
        run_once(scenario.function);
    }
    if (options.trace) trace.print();
    if (progress.is_brief) return;
    std::printf("%-40s %8llu schedules%s\n", scenario.name,
                static_cast<unsigned long long>(progress.schedules), all ? ", which is all" : "");
}

/// Explores those that the options choose. False if there are none.
bool explore_scenarios(const Options& options) {
    bool found = false;
    for (const Scenario& scenario : Scenario::all()) {
        if (std::string_view{scenario.name}.find(options.scenario) == std::string_view::npos)
            continue;
        explore_scenario(scenario, options);
        found = true;
    }
    return found;
}

/// Runs a litmus test in all its executions. Returns whether the outcome is as it must be.
bool is_as_expected(const Litmus& litmus, bool is_weak) {
    Exhaustive strategy{~0u};
    scheduler.use(strategy);
    memory.be_weak(is_weak);
    progress.scenario = litmus.name;
    progress.schedules = 0;
    std::uint64_t reached = 0;
    while (strategy.next_schedule()) {
        ++progress.schedules;
        if (run_once(litmus.function)) ++reached;
    }
    const bool expected = is_weak ? litmus.in_weak_memory : litmus.with_store_buffers;
    const bool is_right = (reached != 0) == expected;
    std::printf("%-40s %-14s in %6llu of %7llu executions%s\n", litmus.name,
                is_weak ? "weak" : "store buffers", static_cast<unsigned long long>(reached),
                static_cast<unsigned long long>(progress.schedules),
                is_right   ? ""
                : expected ? ": IT IS NOT REACHED"
                           : ": IT MUST NOT BE REACHED");
    return is_right;
}

/// Returns whether the simulated memory is what it should be.
bool try_litmus() {
    bool all_right = true;
    for (const Litmus& litmus : Litmus::all()) {
        for (const bool is_weak : {false, true}) all_right &= is_as_expected(litmus, is_weak);
    }
    return all_right;
}

/// In a child process, as a mutant may leave anything behind: more and more schedules of each
/// scenario, until one fails. That prints a line, and exits with 1.
[[noreturn]] void hunt(std::size_t number, Options options) {
    mutant_in_force = number;
    options.scenario = mutants()[number].scenario;
    progress.is_brief = true;
    const bool only_weak = memory.is_weak();
    for (const std::uint64_t schedules : {100u, 1'000u, 10'000u}) {
        options.schedules = schedules;
        if (!only_weak) {
            memory.be_weak(false);
            explore_scenarios(options);
            memory.be_weak(true);
        }
        explore_scenarios(options);
        options.seed += schedules;
    }
    std::exit(0);
}

/// Returns whether all are dead.
bool kill_mutants(const Options& options) {
    bool all_dead = true;
    for (std::size_t i = 0; i < mutants().size(); ++i) {
        const auto& [name, problem, scenario] = mutants()[i];
        std::printf("%-32s ", name.c_str());
        std::fflush(stdout);
        int status = -1;
        if (problem.empty()) {
            const pid_t child = ::fork();
            if (child == 0) hunt(i, options);
            ::waitpid(child, &status, 0);
        }
        if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1) continue;
        all_dead = false;
        if (problem.empty()) {
            std::puts("SURVIVES: no scenario sees this mistake");
        } else {
            std::printf("DOES NOT APPLY: adapt the list in tests/explore/mutants: %s\n",
                        problem.c_str());
        }
    }
    return all_dead;
}

/// A mutant may well crash; then, too, the schedule is of interest.
void report_crash(int signal) {
    is_observed = false;
    ::signal(signal, SIG_DFL);
    fail(std::string{"crash: "} + ::strsignal(signal));
}

void catch_crashes() {
    static std::array<std::byte, 1 << 18> stack;  // that of the thread may be gone
    const stack_t alternative{stack.data(), 0, stack.size()};
    ::sigaltstack(&alternative, nullptr);
    struct sigaction action{};
    action.sa_handler = &report_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace

void fail(const std::string& what) {
    is_observed = false;
    const auto schedules = static_cast<unsigned long long>(progress.schedules);
    if (progress.is_brief) {
        const auto all = static_cast<unsigned long long>(progress.schedules_before) + schedules;
        std::printf("%6llu schedules: %s%s: %s\n", all, progress.scenario,
                    memory.is_weak() ? " (weak)" : "", what.c_str());
    } else {
        std::printf("%s FAILED in schedule %llu: %s\n%s", progress.scenario, schedules,
                    what.c_str(), scheduler.describe().c_str());
        trace.print();
        std::printf("To repeat it: --scenario=%s --schedules=1 %s", progress.scenario,
                    scheduler.strategy().replay_option().c_str());
        if (memory.is_weak()) std::printf(" --weak");
        const bool has_mutant = mutant_in_force < mutants().size();
        std::printf("%s\n",
                    has_mutant ? (" --mutant=" + mutants()[mutant_in_force].name).c_str() : "");
    }
    std::fflush(stdout);
    std::_Exit(1);
}

std::size_t mutant_in_force = ~std::size_t{0};

bool is_mutant(int number) noexcept { return mutant_in_force == static_cast<std::size_t>(number); }

std::vector<Scenario>& Scenario::all() {
    static std::vector<Scenario> scenarios;
    return scenarios;
}

std::vector<Litmus>& Litmus::all() {
    static std::vector<Litmus> tests;
    return tests;
}

void check(bool ok, const char* what) {
    if (!ok) fail(what);
}

bool either() { return scheduler.strategy().decide(Decision::Setup); }

void name(const void* address, std::size_t size, const char* name) {
    trace.set_name(reinterpret_cast<std::uintptr_t>(address), size, name);
}

void bury(const void* address, std::size_t size) {
    const Unobserved here;
    memory.bury(reinterpret_cast<std::uintptr_t>(address), size, __builtin_return_address(0));
}

void revive(const void* address, std::size_t size) {
    const Unobserved here;
    memory.revive(reinterpret_cast<std::uintptr_t>(address), size);
}

void detail::run(std::span<const Scheduler::Body> bodies) {
    scheduler.run(bodies);
    memory.drain_all();
}

}  // namespace explore

int main(int count, char** arguments) {
    using namespace explore;
    const Options options = parse(count, arguments);
    if (options.list) {
        for (const Scenario& scenario : Scenario::all()) std::puts(scenario.name);
        return 0;
    }
    __libc_single_threaded = 0;  // or the standard library would leave out what needs no atomics
    catch_crashes();
    if (options.litmus) return try_litmus() ? 0 : 1;
    if (options.kill_mutants) return kill_mutants(options) ? 0 : 1;
    if (!options.mutant.empty()) {
        const auto its = std::ranges::find(mutants(), options.mutant, &Mutant::name);
        if (its == mutants().end()) refuse(options.mutant.c_str());
        mutant_in_force = static_cast<std::size_t>(its - mutants().begin());
    }
    if (!options.deviations && !options.choices) {
        std::printf("first seed: %llu\n", static_cast<unsigned long long>(options.seed));
    }
    if (!explore_scenarios(options)) refuse(options.scenario.c_str());
}
