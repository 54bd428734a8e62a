// SPDX-License-Identifier: MIT
// No Semaphore and no Latch allocates. operator new is replaced to see it.
#include <gtest/gtest.h>

#include <chrono>

#include "parking_lot/latch.hpp"
#include "parking_lot/semaphore.hpp"
#include "support/counted_new.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::allocations;
using test::CountAllocations;

TEST(SemaphoreAllocationTest, waits_that_time_out_and_waits_that_end) {
    Semaphore semaphore{1};
    Latch latch{1};
    Semaphore ball{0};
    test::Threads threads;
    threads.start([&]() {
        test::wait_for_parked(&ball, 1);
        ball.release();
        test::wait_for_parked(&latch, 1);
        latch.count_down();
    });
    allocations = 0;
    {
        const CountAllocations scope;
        semaphore.acquire();
        (void)semaphore.try_acquire_for(1ms);
        semaphore.release();
        (void)latch.wait_for(1ms);
        ball.acquire();
        latch.wait();
    }
    EXPECT_EQ(allocations, 0);
}

}  // namespace
}  // namespace parking_lot
