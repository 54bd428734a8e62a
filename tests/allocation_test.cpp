// SPDX-License-Identifier: MIT
// No lock operation allocates, contended or not. operator new is replaced to see it.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "parking_lot/parking_lot.hpp"
#include "support/counted_new.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::allocations;
using test::CountAllocations;

TEST(AllocationTest, counter_sees_an_allocation) {
    allocations = 0;
    {
        const CountAllocations scope;
        ::operator delete(::operator new(8));
    }
    ::operator delete(::operator new(8));
    EXPECT_EQ(allocations, 1);
}

template <class Raw>
class RawLockAllocationTest : public ::testing::Test {
  protected:
    RawLockAllocationTest() { allocations = 0; }
    ~RawLockAllocationTest() override { EXPECT_EQ(allocations, 0); }

    Raw raw_;
};

TYPED_TEST_SUITE(RawLockAllocationTest, test::RawLocks, test::LockNames);

TYPED_TEST(RawLockAllocationTest, uncontended) {
    const CountAllocations scope;
    this->raw_.lock();
    EXPECT_FALSE(this->raw_.try_lock());
    EXPECT_FALSE(this->raw_.try_lock_for(1ms));
    EXPECT_FALSE(this->raw_.try_lock_until(std::chrono::system_clock::now() + 1ms));
    this->raw_.bump();
    this->raw_.unlock_fair();
    EXPECT_TRUE(this->raw_.try_lock());
    this->raw_.unlock();
}

TYPED_TEST(RawLockAllocationTest, contended) {
    this->raw_.lock();
    test::Threads threads;
    std::atomic<int> started{0};
    for (int i = 0; i < 4; ++i) {
        threads.start([&, i]() {
            const CountAllocations scope;
            ++started;
            for (int round = 0; round < 200; ++round) {
                if ((i + round) % 4 == 0) {
                    if (!this->raw_.try_lock_for(20us)) continue;
                } else {
                    this->raw_.lock();
                }
                if (round % 2 == 0) this->raw_.bump();
                this->raw_.unlock();
            }
        });
    }
    test::wait_until([&]() { return started == 4; });
    test::wait_for_waiters(this->raw_, 1);
    this->raw_.unlock();
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(RawLockAllocationTest, stop_request) {
    std::stop_source source;
    this->raw_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        const CountAllocations scope;
        EXPECT_FALSE(this->raw_.lock(source.get_token()));
    });
    test::wait_for_waiters(this->raw_, 1);
    source.request_stop();
    waiter.join();
    this->raw_.unlock();
}
#endif

TEST(AllocationTest, typed_mutexes_and_guards_do_not_allocate) {
    allocations = 0;
    const auto shared = std::make_shared<Mutex<int>>(1);
    {
        const CountAllocations scope;
        Mutex<int> first;
        FairMutex<int> second;
        {
            auto [a, b] = lock_all(first, second);
            auto part = std::move(a).map([](int& value) -> int& { return value; });
            *part = *b + first.is_locked();
        }
        auto owned = lock_owned(shared);
        owned.unlocked([]() {});
        const auto owned_part = std::move(owned).map([](int& value) -> int& { return value; });
        *owned_part = 3;
        EXPECT_FALSE(try_lock_owned_for(shared, 1ms).has_value());
        first.with_lock([](int& value) { ++value; });
    }
    EXPECT_EQ(allocations, 0);
}

}  // namespace
}  // namespace parking_lot
