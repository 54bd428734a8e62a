// SPDX-License-Identifier: MIT
// No wait and no notification allocates. operator new is replaced to see it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <new>

#include "parking_lot/condvar.hpp"
#include "parking_lot/mutex.hpp"
#include "support/counted_new.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::allocations;
using test::CountAllocations;

TEST(CondvarAllocationTest, counter_sees_an_allocation) {
    allocations = 0;
    {
        const CountAllocations scope;
        ::operator delete(::operator new(8));
    }
    ::operator delete(::operator new(8));
    EXPECT_EQ(allocations, 1);
}

int value_of(Mutex<int>& mutex) {
    const auto guard = mutex.lock();
    return *guard;
}

TEST(CondvarAllocationTest, waits_that_time_out) {
    Mutex<int> mutex{0};
    Condvar condvar;
    allocations = 0;
    {
        const CountAllocations scope;
        auto guard = mutex.lock();
        (void)condvar.wait_for(guard, 1ms);
        (void)condvar.wait_until(guard, std::chrono::system_clock::now() + 1ms);
        (void)condvar.wait_for(guard, 1ms, []() { return false; });
        condvar.notify_one();
    }
    EXPECT_EQ(allocations, 0);
}

TEST(CondvarAllocationTest, notified_waits) {
    constexpr int kThreads = 8;
    Mutex<int> mutex{0};
    Condvar condvar;
    allocations = 0;
    test::Threads threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            const CountAllocations scope;
            auto guard = mutex.lock();
            ++*guard;
            condvar.wait(guard);
        });
    }
    test::wait_until([&]() { return value_of(mutex) == kThreads; });
    {
        const CountAllocations scope;
        condvar.notify_one();
        const auto guard = mutex.lock();
        condvar.notify_one();
        condvar.notify_all();
    }
    threads.join();
    EXPECT_EQ(allocations, 0);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST(CondvarAllocationTest, stopped_waits) {
    Mutex<int> mutex{0};
    Condvar condvar;
    std::stop_source stop;
    allocations = 0;
    test::Threads threads;
    threads.start([&, token = stop.get_token()]() {
        const CountAllocations scope;
        auto guard = mutex.lock();
        ++*guard;
        (void)condvar.wait(guard, token);
    });
    test::wait_until([&]() { return value_of(mutex) == 1; });
    stop.request_stop();
    threads.join();
    EXPECT_EQ(allocations, 0);
}
#endif

}  // namespace
}  // namespace parking_lot
