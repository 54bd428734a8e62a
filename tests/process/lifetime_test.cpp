// SPDX-License-Identifier: MIT
// Parking works from the first constructor to the last exit handler, and in thread-local
// destructors.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "parking_lot/core.hpp"
#include "support/child.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using core::ParkStatus;

/// Hands a thread through the queue and times out once. True when all went as it should.
bool use_parking() {
    int address = 0;
    core::ParkResult result{ParkStatus::Invalid, {}};
    std::thread parked{[&]() { result = test::park_at(&address); }};
    test::wait_for_parked(&address, 1);
    core::unpark_one(&address, [](core::UnparkResult) noexcept { return core::UnparkToken{1}; });
    parked.join();
    const auto timed_out = test::park_at(&address, {}, Deadline::passed());
    return result.status == ParkStatus::Unparked && result.token == core::UnparkToken{1} &&
           timed_out.status == ParkStatus::TimedOut;
}

bool worked_in_first_constructor = false;

/// As early as a program can ask for, apart from the library itself.
[[gnu::constructor(102)]] void first_constructor() { worked_in_first_constructor = use_parking(); }

const bool worked_in_static_initializer = use_parking();

struct LifetimeTest : test::ParkingTest {};

TEST_F(LifetimeTest, BeforeMain) {
    EXPECT_TRUE(worked_in_first_constructor);
    EXPECT_TRUE(worked_in_static_initializer);
}

// The children leave through exit(); their handlers replace the exit code when parking worked.
constexpr int kWorked = 42;
constexpr int kWorkedNot = 43;
[[noreturn]] void report() { ::_exit(use_parking() ? kWorked : kWorkedNot); }

TEST_F(LifetimeTest, InExitHandlers) {
    EXPECT_EQ(test::run_in_child([]() -> int {
                  std::atexit(report);
                  std::exit(0);
              }),
              kWorked);
}

struct ReportAtDestruction {
    ReportAtDestruction() {}
    ~ReportAtDestruction() { report(); }
};

TEST_F(LifetimeTest, InDestructorsOfStaticObjects) {
    EXPECT_EQ(test::run_in_child([]() -> int {
                  static const ReportAtDestruction object;
                  std::exit(0);
              }),
              kWorked);
}

bool reports_in_last_destructor = false;

/// After all destructors and exit handlers of the program.
[[gnu::destructor(102)]] void last_destructor() {
    if (reports_in_last_destructor) report();
}

TEST_F(LifetimeTest, InTheLastDestructor) {
    EXPECT_EQ(test::run_in_child([]() -> int {
                  reports_in_last_destructor = true;
                  std::exit(0);
              }),
              kWorked);
}

TEST_F(LifetimeTest, AfterMainWhileAnotherThreadIsParked) {
    EXPECT_EQ(test::run_in_child([]() -> int {
                  static int address = 0;
                  std::thread{[]() { (void)test::park_at(&address); }}.detach();
                  test::wait_for_parked(&address, 1);
                  std::atexit(report);
                  std::exit(0);
              }),
              kWorked);
}

/// Parks in its destructor, where other thread-local objects are gone already.
struct ParkAtThreadEnd {
    int* address = nullptr;
    std::atomic<int>* unparked = nullptr;
    ~ParkAtThreadEnd() {
        const auto result = test::park_at(address);
        if (result.status == ParkStatus::Unparked) unparked->fetch_add(1);
    }
};

TEST_F(LifetimeTest, InThreadLocalDestructors) {
    int address = 0;
    std::atomic<int> unparked{0};
    test::Threads threads;
    for (int i = 0; i < 4; ++i) {
        threads.start([&]() {
            thread_local ParkAtThreadEnd object;
            object.address = &address;
            object.unparked = &unparked;
        });
    }
    test::wait_for_parked(&address, 4);
    EXPECT_EQ(core::unpark_all(&address), 4u);
    threads.join();
    EXPECT_EQ(unparked.load(), 4);
}

}  // namespace
}  // namespace parking_lot
