// SPDX-License-Identifier: MIT
// Section wake: one thread woken among 10 to 10 000 parked ones.
#include <algorithm>

#include "compare/sections.hpp"
#include "peers/all.hpp"
#include "workloads/wake_one.hpp"

namespace bench {
namespace {

/// The peers whose unlock is told apart here: the yardstick, the model, ours.
using WakePeers = decltype(StdPeers{} + RustPeers{} + OurPeers{});

/// As many runs as give a few hundred samples.
template <class Run>
double median_of_runs(unsigned waiters, const Run& run) {
    std::vector<double> medians;
    for (unsigned i = 0; i < std::max(1U, 300 / waiters); ++i) medians.push_back(run());
    return median(std::move(medians)) * nanoseconds_per_tick();
}

template <class Parking>
void add_crowd(Cell& cell, std::string name, unsigned waiters, Place place) {
    cell.contestants.push_back({std::move(name), [waiters, place] {
                                    ParkedCrowd<Parking> crowd{waiters, place};
                                    const double ticks = crowd.wake_ticks();
                                    return Figures{{"ns", ticks * nanoseconds_per_tick()}};
                                }});
}

std::string name_of(Place place) {
    return place == Place::Same             ? "one address"
           : place == Place::OwnOldestFirst ? "own addresses"
                                            : "own addresses, in random order";
}

Cell wake_cell(const Options& options, unsigned waiters, Place place) {
    Cell cell{"wake", "1 of " + std::to_string(waiters) + ", " + name_of(place), {}};
    if (place != Place::OwnRandomly) {
        add_peers(cell, options, WakePeers{}, [waiters, place]<Peer Lock>() -> Figures {
            return {{"ns",
                     median_of_runs(waiters, [&] { return unlock_ticks<Lock>(waiters, place); })}};
        });
    }
    add_crowd<CoreParking>(cell, "core::unpark_one", waiters, place);
    add_crowd<FutexParking>(cell, "limit: futex wake", waiters, place);
    cell.rounds_at_most = 1;  // takes long, and is a median of hundreds already
    return cell;
}

}  // namespace

Plan plan_wake(const Options& options) {
    const std::vector<unsigned> crowds = options.threads_or(
        options.quick ? std::vector{10U, 10'000U} : std::vector{10U, 100U, 1000U, 10'000U});
    std::vector<Place> places{Place::Same, Place::OwnOldestFirst};
    if (!options.quick) places.push_back(Place::OwnRandomly);
    Plan plan;
    for (const Place place : places) {
        for (const unsigned waiters : crowds) plan.push_back(wake_cell(options, waiters, place));
    }
    return plan;
}

}  // namespace bench
