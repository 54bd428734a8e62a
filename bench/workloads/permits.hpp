// SPDX-License-Identifier: MIT
// Semaphores and latches at work: a ball between two threads, permits for many, a rendezvous.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <latch>
#include <thread>
#include <vector>

#include "harness/ticks.hpp"
#include "harness/work.hpp"
#include "peers/peer.hpp"
#include "workloads/uncontended.hpp"

namespace bench {

template <SemaphorePeer Semaphore>
double nanoseconds_of_permit(unsigned stretches) {
    Semaphore semaphore;
    return nanoseconds_each(stretches, [&](std::uint64_t count) {
        escape(semaphore);
        for (std::uint64_t i = 0; i < count; ++i) {
            semaphore.acquire();
            semaphore.release();
        }
    });
}

/// A place for run_team of two threads that take turns.
template <SemaphorePeer Semaphore>
class SemaphoreTurns {
  public:
    SemaphoreTurns() { turns_[1].semaphore.acquire(); }

    unsigned step(unsigned me) {
        turns_[me].semaphore.acquire();
        turns_[1 - me].semaphore.release();
        return 1;
    }

    /// Who is through lets the other one play on until it, too, sees that all is over.
    void end() {
        for (Turn& turn : turns_) turn.semaphore.release();
    }

  private:
    struct alignas(128) Turn {
        Semaphore semaphore;
    };

    std::array<Turn, 2> turns_;
};

/// A place for run_team of many threads that share a few permits, as a pool of connections does.
template <SemaphorePeer Semaphore>
class Permits {
  public:
    explicit Permits(unsigned permits) {
        for (unsigned i = 1; i < permits; ++i) semaphore_.release();
    }

    unsigned step(unsigned index) {
        std::uint64_t value = index;
        semaphore_.acquire();
        value = work(value, kInside);
        semaphore_.release();
        value = work(value, kOutside);
        escape(value);
        return 1;
    }

    void end() noexcept {}

  private:
    static constexpr unsigned kInside = 20;
    static constexpr unsigned kOutside = 100;

    alignas(128) Semaphore semaphore_;
};

template <LatchPeer Latch>
void count_down_to_zero(Latch& latch) {
    for (unsigned i = 0; i < kLatchCount; ++i) latch.count_down();
}

/// Of a latch that one thread counts down and then passes.
template <LatchPeer Latch>
double nanoseconds_of_latch(unsigned stretches) {
    return nanoseconds_each(stretches, [](std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i) {
            Latch latch;
            escape(latch);
            count_down_to_zero(latch);
            latch.wait();
        }
    });
}

/// Of one latch of many, at each of which kLatchCount threads meet.
template <LatchPeer Latch>
double nanoseconds_of_rendezvous() {
    struct alignas(128) Place {
        Latch latch;
    };
    std::vector<Place> places(300);
    std::latch gate{1};
    std::vector<std::jthread> crew;
    for (unsigned i = 0; i < kLatchCount; ++i) {
        crew.emplace_back([&] {
            gate.wait();
            for (Place& place : places) {
                place.latch.count_down();
                place.latch.wait();
            }
        });
    }
    const std::uint64_t start = ticks();
    gate.count_down();
    crew.clear();
    return static_cast<double>(ticks() - start) / static_cast<double>(places.size()) *
           nanoseconds_per_tick();
}

}  // namespace bench
