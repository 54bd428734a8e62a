// SPDX-License-Identifier: MIT
// Scenarios of Once and OnceCell.
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <thread>

#include "explore/scenario.hpp"
#include "parking_lot/once.hpp"
#include "parking_lot/once_cell.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

SCENARIO(once, three_callers) {
    const Object<Once> once{"once"};
    const Object<int> data{"data"};
    const auto calls = [&]() {
        once->call_once([&]() { ++*data; });
        check(*data == 1, "what the function did is not seen");
    };
    run(calls, calls, calls);
}

/// The first `failures` attempts fail. Each exception goes to the caller whose attempt it was.
void failing_attempts(int failures) {
    const Object<Once> once{"once"};
    const Object<int> attempts{"attempts"};
    // Made beforehand: memory that the heap hands from one thread to the next would look like a
    // race.
    const std::array exceptions{std::make_exception_ptr(std::size_t{0}),
                                std::make_exception_ptr(std::size_t{1}),
                                std::make_exception_ptr(std::size_t{2})};
    std::array<int, 3> caught{};
    const auto calls = [&](std::size_t index) {
        try {
            once->call_once([&]() {
                if (++*attempts <= failures) std::rethrow_exception(exceptions[index]);
            });
            check(*attempts == failures + 1, "not done");
        } catch (std::size_t thrower) {
            check(thrower == index, "an exception of another thread");
            caught[index] = 1;
        }
    };
    run([&]() { calls(0); }, [&]() { calls(1); }, [&]() { calls(2); });
    check(caught[0] + caught[1] + caught[2] == failures, "an exception was lost");
    check(once->is_done() == (failures < 3), "the end");
}

SCENARIO(once, first_attempt_fails) { failing_attempts(1); }
SCENARIO(once, two_attempts_fail) { failing_attempts(2); }
SCENARIO(once, all_attempts_fail) { failing_attempts(3); }

/// Those who wait are of no use to a failed attempt.
SCENARIO(once, callers_and_waiters) {
    const Object<Once> once{"once"};
    const Object<int> attempts{"attempts"};
    const auto calls = [&]() {
        try {
            once->call_once([&]() {
                if (++*attempts == 1) throw 1;
            });
        } catch (int) {
        }
    };
    const auto waits = [&]() {
        once->wait();
        check(*attempts == 2, "not done");
    };
    run(waits, calls, calls, waits);
}

SCENARIO(once, waiter_gives_up) {
    const Object<Once> once{"once"};
    const Object<int> data{"data"};
    const auto calls = [&]() { once->call_once([&]() { ++*data; }); };
    const auto waits = [&]() {
        if (once->wait_for(300us)) check(*data == 1, "not done");
    };
    run(calls, waits, calls, waits);
    check(*data == 1, "not once");
}

SCENARIO(once, tried) {
    const Object<Once> once{"once"};
    const Object<int> data{"data"};
    const auto tries = [&]() {
        if (once->try_call_once([&]() { ++*data; })) check(*data == 1, "not done");
    };
    const auto calls = [&]() {
        once->call_once([&]() { ++*data; });
        check(*data == 1, "not done");
    };
    run(tries, calls, tries);
}

SCENARIO(once, state) {
    const Object<Once> once{"once"};
    const Object<int> data{"data"};
    const auto looks = [&]() {
        if (once->state() == OnceState::Done) check(*data == 1, "not done");
    };
    run(looks, [&]() { once->call_once([&]() { ++*data; }); }, looks);
}

/// Whoever has waited may destroy it, while complete() has not returned.
SCENARIO(once, destroyed_when_done) {
    const Object<RawOnce> once{"once"};
    const Object<int> data{"data"};
    const auto works = [&]() {
        if (!once->begin()) return;
        ++*data;
        once->complete();
    };
    const auto destroys = [&]() {
        once->wait();
        check(*data == 1, "not done");
        once.destroy();
    };
    run(works, destroys);
}

/// The same for a failed attempt: the next one may succeed, and then the once may go.
SCENARIO(once, destroyed_after_a_failure) {
    const Object<RawOnce> once{"once"};
    const Object<std::atomic<bool>> has_begun{"has_begun"};
    const auto fails = [&]() {
        check(once->begin(), "not the first");
        has_begun->store(true);
        once->abandon();
    };
    const auto succeeds = [&]() {
        while (!has_begun->load()) std::this_thread::yield();
        check(once->begin(), "nobody else could have done it");
        once->complete();
        once.destroy();
    };
    run(fails, succeeds);
}

SCENARIO(once, cell) {
    const Object<OnceCell<int>> cell{"cell"};
    int made = 0;
    const auto gets = [&]() {
        const int& value = cell->get_or_init([&]() { return ++made; });
        check(value == 1, "another value");
    };
    run(gets, gets, [&]() {
        if (const int* const value = cell->get()) check(*value == 1, "another value");
    });
}

#if PARKING_LOT_HAS_STOP_TOKEN
SCENARIO(once, stop_request) {
    const Object<Once> once{"once"};
    const Object<int> data{"data"};
    std::stop_source source;
    const auto waits = [&]() {
        if (once->wait(source.get_token())) check(*data == 1, "not done");
    };
    run(waits, [&]() { source.request_stop(); }, [&]() { once->call_once([&]() { ++*data; }); });
}
#endif

}  // namespace
}  // namespace explore
