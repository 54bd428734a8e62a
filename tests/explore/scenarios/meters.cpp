// SPDX-License-Identifier: MIT
// Scenarios of metered locks.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "explore/scenario.hpp"
#include "parking_lot/metrics.hpp"
#include "parking_lot/raw_metered.hpp"
#include "parking_lot/raw_mutex.hpp"

namespace explore {
namespace {

using namespace parking_lot;
namespace lot = parking_lot::detail;
using lot::MeterRegistry;

/// For one schedule: a process in which no lock was metered before.
class NoRegistry {
  public:
    NoRegistry() {
        forget();
        name(&lot::this_module_registry, sizeof(MeterRegistry*), "this_module_registry");
        name(&shared(), sizeof(shared()), "meter_registry");
        // The scenario's threads have one thread's variables: they count elsewhere.
        lot::this_thread_reads = {.is_closed = true};
    }
    NoRegistry(const NoRegistry&) = delete;
    NoRegistry& operator=(const NoRegistry&) = delete;
    ~NoRegistry() {
        delete static_cast<MeterRegistry*>(shared().load());
        forget();
    }

  private:
    static std::atomic<void*>& shared() { return lot::this_module.owner->meter_registry; }
    static void forget() {
        shared().store(nullptr);
        lot::this_module_registry.store(nullptr);
    }
};

/// All find the same registry, whoever makes it, and find it complete.
SCENARIO(meters, registry) {
    const NoRegistry before;
    MeterRegistry* found[3] = {};
    const auto finds = [](MeterRegistry*& registry) {
        return [&]() {
            registry = &lot::meter_registry();
            check(registry->entries().empty(), "it is not new");
        };
    };
    run(finds(found[0]), finds(found[1]), finds(found[2]));
    check(found[0] == found[1] && found[1] == found[2], "there are two");
}

/// What is counted with the lock held, without read-modify-writes, is not lost.
SCENARIO(meters, counts) {
    const NoRegistry before;
    {
        RawMetered<RawMutex> mutex{metered::Naming{"mutex"}};
        const auto body = [&]() {
            for (int i = 0; i < 2; ++i) {
                const std::lock_guard lock{mutex};
            }
        };
        run(body, body);
    }
    check(metrics::snapshot().at(0).acquisitions == 4, "a count was lost");
}

/// Of readers that hold a lock at the same time one is sampled. When its sample ends, the next can
/// begin, and nothing of the last one comes after that.
SCENARIO(meters, samples_of_readers) {
    const NoRegistry before;
    metered::Options options{.name = "lock", .sample_holds_every = 1};
    lot::LockMeter meter{metered::Naming{std::move(options)}, /*is_rwlock=*/true};
    const auto reads = [&]() {
        meter.acquired<lot::SharedMode>();
        meter.releases<lot::SharedMode>();
    };
    const auto samples = []() {
        for (const metrics::Series& series : metrics::snapshot()) {
            if (series.mode == metrics::Mode::Read) return series.hold.count();
        }
        return std::uint64_t{0};
    };
    run(reads, reads, reads);
    const std::uint64_t sampled = samples();
    check(sampled >= 1 && sampled <= 3, "a sample was lost");
    reads();
    check(samples() == sampled + 1, "a sample has not ended");
}

}  // namespace
}  // namespace explore
