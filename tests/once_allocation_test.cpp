// SPDX-License-Identifier: MIT
// Onces, cells and reentrant mutexes never allocate, whoever waits or throws.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "parking_lot/lazy.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "support/threads.hpp"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

TEST(AllocationTest, the_count_counts) {
    const std::size_t before = allocations;
    ::operator delete(::operator new(1));
    EXPECT_EQ(allocations, before + 1);
}

TEST(AllocationTest, onces_do_not_allocate) {
    constexpr std::size_t kContenders = 8;
    Once once;
    Once failing;
    OnceCell<int> cell;
    Lazy lazy{[]() { return 1; }};
    std::atomic<std::size_t> finished{0};
    std::size_t before = 0;
    test::Threads contenders;
    once.call_once([&]() {
        for (std::size_t i = 0; i < kContenders; ++i) {
            contenders.start([&]() {
                (void)once.wait_for(1ms);
                EXPECT_THROW(failing.call_once([]() { throw 1; }), int);
                once.call_once([]() {});
                EXPECT_EQ(cell.get_or_init([&]() { return *lazy; }), 1);
                ++finished;
            });
        }
        test::wait_for_parked(&once, kContenders);
        before = allocations;
    });
    test::wait_until([&]() { return finished == kContenders; });
    EXPECT_EQ(allocations, before);
}

TEST(AllocationTest, reentrant_mutexes_do_not_allocate) {
    constexpr std::size_t kContenders = 4;
    RawReentrantMutex raw;
    std::atomic<std::size_t> finished{0};
    test::Threads contenders;
    raw.lock();
    for (std::size_t i = 0; i < kContenders; ++i) {
        contenders.start([&]() {
            if (raw.try_lock_for(1ms)) raw.unlock();
            raw.lock();
            raw.lock();
            raw.unlock();
            raw.unlock_fair();
            ++finished;
        });
    }
    test::wait_until([&]() { return test::parked_anywhere() == kContenders; });
    const std::size_t before = allocations;
    raw.bump();
    raw.unlock();
    test::wait_until([&]() { return finished == kContenders; });
    EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace parking_lot
