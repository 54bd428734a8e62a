// SPDX-License-Identifier: MIT
// No wait for a predicate allocates, nor does the unlock that ends it. operator new is replaced to
// see it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"
#include "support/counted_new.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::allocations;
using test::CountAllocations;

template <class Wait, class Change>
void expect_no_allocation(Wait wait, Change change) {
    allocations = 0;
    {
        std::atomic<bool> asked{false};
        test::Threads threads;
        threads.start([&]() {
            const CountAllocations scope;
            wait([&asked](int value) {
                asked.store(true);
                return value == 1;
            });
        });
        test::wait_until([&]() { return asked.load(); });
        const CountAllocations scope;
        change();
    }
    EXPECT_EQ(allocations, 0);
}

TEST(AwaitAllocationTest, a_wait_for_a_mutexs_data_does_not_allocate) {
    Mutex<int> mutex{0};
    expect_no_allocation(
        [&](auto is_one) {
            (void)mutex.try_lock_when_for(1ms, [](int) { return false; });
            (void)mutex.lock_when(is_one);
        },
        [&]() { mutex.with_lock([](int& value) { value = 1; }); });
}

TEST(AwaitAllocationTest, a_wait_for_an_rwlocks_data_does_not_allocate) {
    RwLock<int> lock{0};
    expect_no_allocation([&](auto is_one) { (void)lock.read_when(is_one); },
                         [&]() { lock.with_write([](int& value) { value = 1; }); });
}

}  // namespace
}  // namespace parking_lot
