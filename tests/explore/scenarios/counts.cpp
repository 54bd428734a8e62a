// SPDX-License-Identifier: MIT
// Scenarios of Semaphore and Latch.
#include <chrono>

#include "explore/scenario.hpp"
#include "parking_lot/latch.hpp"
#include "parking_lot/semaphore.hpp"

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

SCENARIO(semaphore, one_permit) {
    const Object<Semaphore> semaphore{"semaphore", 1u};
    const Object<int> data{"data"};
    const auto body = [&]() {
        semaphore->acquire();
        ++*data;
        semaphore->release();
    };
    run(body, body, body);
    check(*data == 3, "an increment was lost");
    check(semaphore->available() == 1, "a permit was lost");
}

SCENARIO(semaphore, some_give_up) {
    const Object<Semaphore> semaphore{"semaphore", 0u};
    const auto limit = either() ? 8us : 300us;
    unsigned taken[2] = {0, 0};
    const auto tries = [&](unsigned& got) {
        return [&]() { got = semaphore->try_acquire_until(Deadline::after(limit)) ? 1 : 0; };
    };
    run(
        tries(taken[0]), tries(taken[1]), [&]() { semaphore->acquire(); },
        [&]() {
            semaphore->release();
            semaphore->release(2);
        });
    check(semaphore->available() == 2 - taken[0] - taken[1], "a permit was lost");
}

SCENARIO(semaphore, destroyed) {
    const Object<Semaphore> semaphore{"semaphore", 0u};
    run(
        [&]() {
            semaphore->acquire();
            semaphore.destroy();
        },
        [&]() { semaphore->release(); });
}

SCENARIO(latch, two_events) {
    const Object<Latch> latch{"latch", 2u};
    const Object<int> one{"one"};
    const Object<int> other{"other"};
    const auto waits = [&]() {
        latch->wait();
        check(*one == 1 && *other == 1, "too early");
    };
    const auto arrives = [&](const Object<int>& event) {
        return [&]() {
            *event = 1;
            latch->count_down();
        };
    };
    run(waits, waits, arrives(one), arrives(other));
}

SCENARIO(latch, some_give_up) {
    const Object<Latch> latch{"latch", 1u};
    const Object<int> data{"data"};
    const auto limit = either() ? 8us : 300us;
    const auto tries = [&]() {
        if (latch->wait_until(Deadline::after(limit))) check(*data == 1, "too early");
    };
    run(
        tries, tries,
        [&]() {
            latch->wait();
            check(*data == 1, "too early");
        },
        [&]() {
            *data = 1;
            latch->count_down();
        });
}

SCENARIO(latch, destroyed) {
    const Object<Latch> latch{"latch", 1u};
    run(
        [&]() {
            latch->wait();
            latch.destroy();
        },
        [&]() { latch->count_down(); });
}

}  // namespace
}  // namespace explore
