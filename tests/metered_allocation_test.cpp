// SPDX-License-Identifier: MIT
// To lock and unlock a metered lock allocates nothing, once a thread has a place for its reads.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

#include "parking_lot/condvar.hpp"
#include "parking_lot/metered.hpp"
#include "support/counted_new.hpp"
#include "support/series.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {
namespace {

using metered::Options;

/// Every kind of use, by two threads that wait for each other.
template <class Use>
void expect_no_allocation(const Use& use) {
    allocations = 0;
    run_together(2, [&](std::size_t) {
        use();  // a thread's first
        const CountAllocations count;
        for (int i = 0; i < 1'000; ++i) use();
    });
    EXPECT_EQ(allocations, 0);
}

TEST(MeteredAllocationTest, counting_works) {
    allocations = 0;
    {
        const CountAllocations count;
        const metered::Mutex<int> mutex{"allocation: one"};
    }
    EXPECT_GT(allocations, 0);
}

TEST(MeteredAllocationTest, mutexes_allocate_nothing) {
    metered::Mutex<int> mutex{Options{.name = "allocation: mutex", .sample_holds_every = 2}};
    metered::ReentrantMutex<int> reentrant{"allocation: reentrant"};
    metered::FairMutex<int> fair{"allocation: fair"};
    expect_no_allocation([&]() {
        mutex.with_lock([](int& data) { ++data; });
        (void)mutex.try_lock_for(std::chrono::microseconds{1});
        (void)reentrant.lock();
        fair.lock().bump();
    });
}

TEST(MeteredAllocationTest, a_mutex_allocates_nothing_even_at_first) {
    metered::Mutex<int> mutex{"allocation: first"};
    allocations = 0;
    run_together(2, [&](std::size_t) {
        const CountAllocations count;
        (void)mutex.lock();
    });
    EXPECT_EQ(allocations, 0);
}

TEST(MeteredAllocationTest, rwlocks_allocate_nothing) {
    metered::RwLock<int> lock{Options{.name = "allocation: rwlock", .sample_holds_every = 2}};
    expect_no_allocation([&]() {
        (void)lock.read();
        lock.with_write([](int& data) { ++data; });
        (void)lock.upgradable_read().upgrade();
        (void)lock.try_read_for(std::chrono::microseconds{1});
    });
}

TEST(MeteredAllocationTest, waiting_with_a_condition_variable_allocates_nothing) {
    metered::Mutex<int> mutex{"allocation: condvar"};
    Condvar condition;
    expect_no_allocation([&]() {
        auto guard = mutex.lock();
        condition.notify_all();
        (void)condition.wait_for(guard, std::chrono::microseconds{1});
    });
}

}  // namespace
}  // namespace parking_lot::test
