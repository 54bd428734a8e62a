// SPDX-License-Identifier: MIT
// No function of an RwLock allocates, contended or not.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include "parking_lot/rwlock.hpp"
#include "support/threads.hpp"

namespace {
std::atomic<long> allocations{0};
}  // namespace

// Not inlined: the compiler would see free() meet new.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(size)) return memory;
    std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace parking_lot {
namespace {

template <class Lock>
void use(Lock& lock) {
    for (int i = 0; i < 300; ++i) {
        ++*lock.write().operator->();
        (void)*lock.read().operator->();
        (void)lock.try_write_for(std::chrono::microseconds{10});
        auto upgradable = lock.upgradable_read();
        upgradable.with_upgraded([](int& value) { ++value; });
    }
}

TEST(RwLockAllocationTest, LockPathsNeverAllocate) {
    constexpr int kThreads = 4;
    RwLock<int> fair{0};
    ReaderPreferringRwLock<int> readers{0};
    WriterPreferringRwLock<int> writers{0};
    std::atomic<int> started{0};
    std::atomic<int> done{0};
    std::atomic<bool> running{false};
    test::Threads threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            ++started;
            while (!running) std::this_thread::yield();
            use(fair), use(readers), use(writers);
            ++done;
            while (running) std::this_thread::yield();
        });
    }
    while (started != kThreads) std::this_thread::yield();
    const long before = allocations;
    running = true;
    while (done != kThreads) std::this_thread::yield();
    const long after = allocations;
    running = false;
    EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace parking_lot
