// SPDX-License-Identifier: MIT
// Mixes everything the library has, in threads that come and go, amid signals, forks, stop requests
// and plugins that are loaded and unloaded: soak [--seconds=N] [--threads=N] [--seed=N] <plugin>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "parking_lot/dump_parked.hpp"
#include "soak/activity.hpp"
#include "soak/exclusion.hpp"
#include "soak/process.hpp"
#include "soak/waiting.hpp"
#include "support/threads.hpp"

namespace parking_lot::soak {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
    unsigned seconds = 20;
    unsigned threads = 8;
    unsigned seed = std::random_device{}();
    const char* plugin = nullptr;
};

Options parse(int count, char** arguments) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        const auto set = [argument](std::string_view name, unsigned& value) {
            if (!argument.starts_with(name)) return false;
            const auto* const end = argument.data() + argument.size();
            return std::from_chars(argument.data() + name.size(), end, value).ptr == end;
        };
        if (set("--seconds=", options.seconds) || set("--threads=", options.threads) ||
            set("--seed=", options.seed)) {
            continue;
        }
        options.plugin = arguments[i];
    }
    require(options.plugin != nullptr,
            "usage: soak [--seconds=N] [--threads=N] [--seed=N] <plugin>");
    return options;
}

using Activities = std::vector<std::unique_ptr<Activity>>;

Activities make_activities(const char* plugin) {
    Activities all;
    all.push_back(std::make_unique<MutexActivity<Mutex<std::uint64_t>>>("Mutex"));
    all.push_back(std::make_unique<MutexActivity<FairMutex<std::uint64_t>>>("FairMutex"));
    all.push_back(std::make_unique<MeteredActivity>());
    all.push_back(std::make_unique<ReentrantActivity>());
    all.push_back(std::make_unique<RwLockActivity<RwLock>>("RwLock"));
    all.push_back(
        std::make_unique<RwLockActivity<ReaderPreferringRwLock>>("ReaderPreferringRwLock"));
    all.push_back(
        std::make_unique<RwLockActivity<WriterPreferringRwLock>>("WriterPreferringRwLock"));
    all.push_back(std::make_unique<LockAllActivity>());
    all.push_back(std::make_unique<CondvarActivity<Mutex<std::int64_t>>>("Condvar and Mutex"));
    all.push_back(
        std::make_unique<CondvarActivity<FairMutex<std::int64_t>>>("Condvar and FairMutex"));
    all.push_back(std::make_unique<AwaitActivity>());
    all.push_back(std::make_unique<SemaphoreActivity>());
    all.push_back(std::make_unique<LatchActivity>());
    all.push_back(std::make_unique<OnceActivity>());
    all.push_back(std::make_unique<ParkActivity>());
    all.push_back(std::make_unique<ForkActivity>());
    all.push_back(std::make_unique<PluginActivity>(plugin));
    return all;
}

/// The place of a thread; when it has ended, another takes it.
struct Slot {
    std::thread thread;
    std::atomic<bool> has_ended{false};
    std::atomic<std::uint64_t> turns{0};
    std::atomic<const char*> doing{"nothing"};
};

/// Says who waits, and aborts, when a thread has not got on for long.
class Watchdog {
  public:
    explicit Watchdog(const std::vector<Slot>& slots) : slots_{slots}, seen_(slots.size()) {
        thread_ = std::jthread{[this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                std::this_thread::sleep_for(100ms);
                for (std::size_t i = 0; i < seen_.size(); ++i) look_at(i);
            }
        }};
    }

  private:
    struct Seen {
        std::uint64_t turns = 0;
        Clock::time_point since = Clock::now();
    };

    // Of a thread that is not stuck, a turn takes milliseconds; under valgrind, seconds.
    static constexpr auto kPatience = 2min;

    void look_at(std::size_t i) {
        const std::uint64_t turns = slots_[i].turns.load();
        if (turns != seen_[i].turns) {
            seen_[i] = {turns, Clock::now()};
        } else if (Clock::now() - seen_[i].since > kPatience) {
            std::fprintf(stderr, "soak: FAILED: thread %zu is stuck in: %s. Who is parked:\n", i,
                         slots_[i].doing.load());
            dump_parked(2);
            std::abort();
        }
    }

    const std::vector<Slot>& slots_;
    std::vector<Seen> seen_;
    std::jthread thread_;
};

class Soak {
  public:
    explicit Soak(const Options& options)
        : options_{options},
          activities_{make_activities(options.plugin)},
          random_{options.seed},
          slots_(options.threads) {}

    void run() {
        SignalStorm::block(true);
        const auto end = Clock::now() + std::chrono::seconds{options_.seconds};
        {
            const Watchdog watchdog{slots_};
            SignalStorm storm;
            for (Slot& slot : slots_) start(slot);
            while (Clock::now() < end) {
                std::this_thread::sleep_for(2ms);
                request_stop();
                replace_those_that_have_ended();
            }
            is_over_.store(true);
            join_all();
            storm.stop();
        }
        for (const auto& activity : activities_) activity->check();
        require(test::parked_anywhere() == 0, "nobody is parked in the end");
        report();
    }

  private:
    static constexpr unsigned kLongestLife = 2000;  // turns

    void start(Slot& slot) {
        const auto seed = static_cast<unsigned>(random_());
        ++threads_;
        slot.turns.fetch_add(1);
        slot.has_ended.store(false);
        slot.thread = std::thread{[this, &slot, seed]() { live(slot, seed); }};
    }

    void live(Slot& slot, unsigned seed) {
        SignalStorm::block(false);
        Worker worker{std::mt19937{seed}, {}};
        for (unsigned life = worker.below(kLongestLife); life != 0 && !is_over_.load(); --life) {
            worker.stop = stop_.read()->get_token();
            Activity& activity =
                *activities_[worker.below(static_cast<unsigned>(activities_.size()))];
            slot.doing.store(activity.name());
            activity.take_turn(worker);
            slot.turns.fetch_add(1);
        }
        slot.doing.store("nothing");
        slot.has_ended.store(true);
    }

    void request_stop() {
        std::stop_source old;
        stop_.with_write([&](std::stop_source& current) { std::swap(old, current); });
        old.request_stop();
    }

    void replace_those_that_have_ended() {
        for (Slot& slot : slots_) {
            if (!slot.has_ended.load()) continue;
            slot.thread.join();
            start(slot);
        }
    }

    /// Stops are requested until the end, as there are waits that nothing else ends.
    void join_all() {
        for (Slot& slot : slots_) {
            while (!slot.has_ended.load()) {
                std::this_thread::sleep_for(1ms);
                request_stop();
            }
            slot.thread.join();
        }
    }

    void report() const {
        for (const auto& activity : activities_) {
            std::printf("%12llu  %s\n", static_cast<unsigned long long>(activity->turns()),
                        activity->name());
        }
        std::printf("%12llu  signals\n%12llu  threads\nNothing was lost, and nobody is parked.\n",
                    static_cast<unsigned long long>(SignalStorm::signals()),
                    static_cast<unsigned long long>(threads_));
    }

    Options options_;
    Activities activities_;
    std::mt19937 random_;
    std::vector<Slot> slots_;
    RwLock<std::stop_source> stop_;
    std::atomic<bool> is_over_{false};
    std::uint64_t threads_ = 0;
};

}  // namespace
}  // namespace parking_lot::soak

int main(int count, char** arguments) {
    using namespace parking_lot::soak;
    const Options options = parse(count, arguments);
    std::printf("%u seconds with seed %u\n", options.seconds, options.seed);
    std::fflush(stdout);
    Soak{options}.run();
}
