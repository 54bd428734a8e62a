// SPDX-License-Identifier: MIT
// Scenarios of core: parking and unparking by address.
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "explore/scenario.hpp"
#include "parking_lot/core.hpp"

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

/// The semaphore of core.hpp's own documentation.
struct Semaphore {
    std::atomic<bool> available{false};

    void acquire() {
        while (!available.exchange(false)) {
            (void)core::park(
                this, [&]() noexcept { return !available.load(); }, []() noexcept {},
                [](const void*, bool) noexcept {});
        }
    }
    void release() {
        available.store(true);
        core::unpark_one(this, [](core::UnparkResult) noexcept { return core::UnparkToken{}; });
    }
};

SCENARIO(core, semaphore) {
    const Object<Semaphore> semaphore{"semaphore"};
    const Object<int> data{"data"};
    const auto works = [&]() {
        semaphore->acquire();
        ++*data;
        semaphore->release();
    };
    run([&]() { semaphore->release(); }, works, works);
    check(*data == 2, "an increment was lost");
}

/// Whether an unpark or the deadline came first, both sides agree.
SCENARIO(core, unpark_or_time_out) {
    const Object<std::array<char, 64>> place{"place"};
    core::ParkResult parked{};
    bool timed_out = false;
    core::UnparkResult unparked{};
    const auto parks = [&]() {
        parked = core::park(
            &*place, []() noexcept { return true; }, []() noexcept {},
            [&](const void*, bool) noexcept { timed_out = true; }, {}, Deadline::after(1ms));
    };
    const auto unparks = [&]() {
        unparked = core::unpark_one(
            &*place, [](core::UnparkResult) noexcept { return core::UnparkToken{7}; });
    };
    run(parks, unparks);
    const bool was_unparked = parked.status == core::ParkStatus::Unparked;
    check(was_unparked == (unparked.unparked == 1), "park and unpark disagree");
    check(was_unparked != timed_out, "the callback of a time-out");
    check(!was_unparked || parked.token == core::UnparkToken{7}, "the token");
}

/// Who was moved to another address is found there, also by its own time-out.
SCENARIO(core, requeue) {
    using Place = std::array<char, 64>;
    const Object<Place> from{"from"};
    const Object<Place> to{"to"};
    std::atomic<int> gone{0};
    const auto parks = [&](Deadline deadline) {
        const auto parked = core::park(
            &*from, []() noexcept { return true; }, []() noexcept {},
            [](const void*, bool) noexcept {}, {}, deadline);
        check(parked.status == core::ParkStatus::Unparked || !deadline.is_never(), "a time-out");
        ++gone;
    };
    const auto moves = [&]() {
        while (gone < 2) {
            core::unpark_requeue(
                &*from, &*to, []() noexcept { return core::RequeueOp::RequeueAll; },
                [](core::RequeueOp, core::UnparkResult) noexcept { return core::UnparkToken{}; });
            core::unpark_all(&*to);
            std::this_thread::yield();
        }
    };
    run([&]() { parks(Deadline::never()); }, [&]() { parks(Deadline::after(1ms)); }, moves);
}

/// The lock of a bucket, as the one who looks for stuck threads in a signal handler takes it.
SCENARIO(core, lock_in_signal_handler) {
    const Object<parking_lot::detail::BucketLock> lock{"lock"};
    const Object<int> data{"data"};
    int got_it = 0;
    const auto looks = [&]() {
        if (!lock->lock_in_signal_handler()) return;
        got_it = 1;
        ++*data;
        lock->unlock_in_signal_handler();
    };
    const auto locks = [&]() {
        lock->lock();
        ++*data;
        lock->unlock();
    };
    run(locks, looks, locks);
    check(*data == 2 + got_it, "an increment was lost");
}

}  // namespace
}  // namespace explore
