// SPDX-License-Identifier: MIT
// Scenarios of RawRwLock and its policies.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

#include "explore/scenario.hpp"
#include "parking_lot/raw_rwlock.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

/// A lock, the data it protects, and what threads do with them. That readers and writers exclude
/// each other is told by the race detector.
template <class Raw>
class World {
  public:
    auto writer(int rounds = 1) {
        return [this, rounds]() {
            for (int i = 0; i < rounds; ++i) {
                lock->lock();
                ++*data;
                lock->unlock();
            }
        };
    }
    auto reader(int rounds = 1) {
        return [this, rounds]() {
            for (int i = 0; i < rounds; ++i) {
                lock->lock_shared();
                read();
                lock->unlock_shared();
            }
        };
    }
    auto upgrader() {
        return [this]() {
            lock->lock_upgradable();
            const int before = *data;
            lock->upgrade();
            check(*data == before, "a writer came in between");
            ++*data;
            lock->unlock();
        };
    }
    auto downgrader() {
        return [this]() {
            lock->lock();
            const int written = ++*data;
            lock->downgrade();
            check(*data == written, "a writer came in between");
            lock->unlock_shared();
        };
    }
    void read() const { check(*data >= 0, "the data"); }

    /// After run(): whether `writes` came through, and the lock is free.
    void finish(int writes) {
        check(*data == writes, "an increment was lost");
        check(lock->try_lock(), "the lock is not free");
    }

    const Object<Raw> lock{"lock"};
    const Object<int> data{"data"};
};

template <class Raw>
void readers_and_writer() {
    World<Raw> world;
    run(world.writer(2), world.reader(), world.reader());
    world.finish(2);
}

template <class Raw>
void writers_and_reader() {
    World<Raw> world;
    run(world.writer(), world.writer(), world.reader(2));
    world.finish(2);
}

template <class Raw>
void upgraders() {
    World<Raw> world;
    run(world.upgrader(), world.upgrader(), world.reader());
    world.finish(2);
}

template <class Raw>
void all_modes() {
    World<Raw> world;
    run(world.writer(), world.upgrader(), world.reader(), world.downgrader());
    world.finish(3);
}

/// Each gets on only where it need not wait.
template <class Raw>
void tried() {
    World<Raw> world;
    std::array<int, 2> got_it{};
    const auto tries = [&](std::size_t index) {
        if (!world.lock->try_lock()) return;
        got_it[index] = ++*world.data > 0 ? 1 : 0;
        world.lock->unlock();
    };
    const auto tries_to_upgrade = [&](std::size_t index) {
        if (!world.lock->try_lock_upgradable()) return;
        world.read();
        if (!world.lock->try_upgrade()) return world.lock->unlock_upgradable();
        ++*world.data;
        got_it[index] = 1;
        world.lock->unlock();
    };
    run([&]() { tries(0); }, [&]() { tries_to_upgrade(1); }, world.reader());
    world.finish(got_it[0] + got_it[1]);
}

#define SCENARIO_OF_EACH_POLICY(name)                                                 \
    SCENARIO(rwlock, name) { name<RawRwLock>(); }                                     \
    SCENARIO(rwlock, name##_readers_preferred) { name<RawReaderPreferringRwLock>(); } \
    SCENARIO(rwlock, name##_writers_preferred) { name<RawWriterPreferringRwLock>(); }

SCENARIO_OF_EACH_POLICY(readers_and_writer)
SCENARIO_OF_EACH_POLICY(writers_and_reader)
SCENARIO_OF_EACH_POLICY(upgraders)
SCENARIO_OF_EACH_POLICY(all_modes)
SCENARIO(rwlock, tried) { tried<RawRwLock>(); }

SCENARIO(rwlock, downgraders) {
    World<RawRwLock> world;
    run(world.downgrader(), world.downgrader(), world.upgrader());
    world.finish(3);
}

SCENARIO(rwlock, between_upgradable_and_the_rest) {
    World<RawRwLock> world;
    const auto changes_modes = [&]() {
        world.lock->lock();
        ++*world.data;
        world.lock->downgrade_to_upgradable();
        if (world.lock->try_upgrade()) {
            ++*world.data;
            --*world.data;
            world.lock->downgrade_to_upgradable();
        }
        world.lock->downgrade_upgradable();
        world.read();
        world.lock->unlock_shared();
    };
    run(changes_modes, world.upgrader(), world.writer());
    world.finish(3);
}

/// How long those who give up wait, in clock readings of the simulated system or longer.
std::chrono::microseconds some_patience() {
    if (either()) return either() ? 4us : 8us;
    return either() ? 16us : 300us;
}

SCENARIO(rwlock, writer_gives_up) {
    World<RawRwLock> world;
    const auto patience = some_patience();
    int written = 0;
    const auto hurries = [&]() {
        if (!world.lock->try_lock_for(patience)) return;
        written = 1;
        ++*world.data;
        world.lock->unlock();
    };
    run(world.writer(2), hurries, world.reader(), world.writer());
    world.finish(3 + written);
}

/// The writer that gives up was woken, with a duty, but overtaken.
SCENARIO(rwlock, duty_is_passed_on) {
    World<RawRwLock> world;
    const auto patience = some_patience();
    int written = 0;
    const auto hurries = [&]() {
        if (!world.lock->try_lock_for(patience)) return;
        written = 1;
        ++*world.data;
        world.lock->unlock();
    };
    const auto overtakes = [&]() {
        for (int i = 0; i < 2; ++i) {
            world.lock->lock();
            ++*world.data;
            for (int turn = 0; turn < 3; ++turn) std::this_thread::yield();
            world.lock->unlock();
        }
    };
    run(overtakes, hurries, world.writer());
    world.finish(3 + written);
}

/// An upgradable reader that relies on a plain one to come in beside it. A writer that was woken
/// before both has to queue again, ahead of the plain reader, and gives up.
SCENARIO(rwlock, held_back_by_one_who_gives_up) {
    World<RawRwLock> world;
    const Object<std::atomic<bool>> has_read{"has_read"};
    const auto patience = some_patience();
    const auto hurries = [&]() {
        if (world.lock->try_lock_for(patience)) world.lock->unlock();
    };
    const auto reads = [&]() {
        world.reader()();
        has_read->store(true);
    };
    const auto relies_on_it = [&]() {
        world.lock->lock();
        for (int turn = 0; turn < 3; ++turn) std::this_thread::yield();
        world.lock->unlock();
        world.lock->lock_upgradable();
        while (!has_read->load()) std::this_thread::yield();
        world.lock->unlock_upgradable();
    };
    run(hurries, reads, relies_on_it);
    world.finish(0);
}

SCENARIO(rwlock, upgrade_gives_up) {
    World<RawRwLock> world;
    const auto patience = some_patience();
    int written = 0;
    const auto hurries = [&]() {
        if (!world.lock->try_lock_upgradable_for(patience)) return;
        if (!world.lock->try_upgrade_for(patience)) return world.lock->unlock_upgradable();
        written = 1;
        ++*world.data;
        world.lock->unlock();
    };
    run(world.reader(2), hurries, world.writer(), world.upgrader());
    world.finish(2 + written);
}

SCENARIO(rwlock, reader_gives_up) {
    World<RawRwLock> world;
    const auto patience = some_patience();
    const auto hurries = [&]() {
        if (!world.lock->try_lock_shared_for(patience)) return;
        world.read();
        world.lock->unlock_shared();
    };
    run(world.writer(2), hurries, world.reader(), world.upgrader());
    world.finish(3);
}

SCENARIO(rwlock, fair) {
    World<RawRwLock> world;
    const auto fairly = [&]() {
        world.lock->lock();
        ++*world.data;
        world.lock->bump();
        ++*world.data;
        world.lock->unlock_fair();
    };
    run(fairly, world.reader(), world.writer(), world.upgrader());
    world.finish(4);
}

/// A writer that comes after a reader destroys the lock; the reader's unlock may not have returned.
SCENARIO(rwlock, destroyed_after_reader) {
    World<RawRwLock> world;
    const Object<std::atomic<int>> readers{"readers"};
    const auto reads = [&]() {
        world.lock->lock_shared();
        readers->fetch_add(1, std::memory_order_relaxed);
        world.lock->unlock_shared();
    };
    const auto destroys = [&]() {
        for (bool all = false; !all;) {
            world.lock->lock();
            all = readers->load(std::memory_order_relaxed) == 2;
            world.lock->unlock();
            if (!all) std::this_thread::yield();
        }
        world.lock.destroy();
    };
    run(reads, reads, destroys);
}

SCENARIO(rwlock, destroyed_after_writer) {
    World<RawRwLock> world;
    const Object<int> users{"users", 3};
    const auto leaves = [&]() {
        world.lock->lock();
        const bool is_last = --*users == 0;
        world.lock->unlock();
        if (is_last) world.lock.destroy();
    };
    run(leaves, leaves, leaves);
}

SCENARIO(rwlock, without_membarrier) {
    auto& module = parking_lot::detail::this_module;
    module.owner->fence_works = false;
    module.epoch.fetch_or(parking_lot::detail::kNeedsRmw, std::memory_order_relaxed);
    World<RawRwLock> world;
    run(world.writer(2), world.upgrader(), world.reader());
    world.finish(3);
    module.owner->fence_works = true;
    module.epoch.fetch_and(~parking_lot::detail::kNeedsRmw, std::memory_order_relaxed);
}

#if PARKING_LOT_HAS_STOP_TOKEN
SCENARIO(rwlock, stop_request) {
    World<RawRwLock> world;
    std::stop_source source;
    int written = 0;
    const auto may_stop = [&]() {
        if (!world.lock->lock(source.get_token())) return;
        written = 1;
        ++*world.data;
        world.lock->unlock();
    };
    run(world.reader(), may_stop, [&]() { source.request_stop(); }, world.writer());
    world.finish(1 + written);
}
#endif

}  // namespace
}  // namespace explore
