// SPDX-License-Identifier: MIT
// A bug that other libraries had in allocators. Number: section 3 of the list of known bugs of
// Rust's parking_lot.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#include "parking_lot/raw_mutex.hpp"
#include "support/threads.hpp"

namespace {

constinit parking_lot::RawMutex heap_lock;

void* allocate(std::size_t size) {
    const std::lock_guard lock{heap_lock};
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}

void deallocate(void* memory) noexcept {
    const std::lock_guard lock{heap_lock};
    std::free(memory);
}

}  // namespace

// The forms for arrays and those that do not throw call these.
void* operator new(std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { deallocate(memory); }
void operator delete(void* memory, std::size_t) noexcept { deallocate(memory); }

namespace parking_lot {
namespace {

// An allocator's lock allocated when it was contended, and so waited for itself.
TEST(Regression, 46_lock_inside_the_allocator) {
    constexpr std::size_t kThreads = 6;
    test::Threads threads;
    std::atomic<bool> go{false};
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&go]() {
            test::wait_until([&go]() { return go.load(); });
            for (int n = 0; n < 500; ++n) {
                const auto memory = std::make_unique<int>(n);
                EXPECT_EQ(*memory, n);
            }
        });
    }
    heap_lock.lock();
    go = true;
    test::wait_for_parked(&heap_lock, kThreads);
    heap_lock.unlock();
    threads.join();
    EXPECT_FALSE(heap_lock.is_locked());
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

}  // namespace
}  // namespace parking_lot
