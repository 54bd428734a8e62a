// SPDX-License-Identifier: MIT
// The registry of meters takes and gives back memory without its lock, which is held across fork():
// an allocator may have a lock of its own that is, too.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#include "support/child.hpp"

namespace parking_lot {
namespace {

/// The allocator's lock. Its fork handlers are registered after the library's, so that before a
/// fork it is locked first.
constinit std::mutex heap;

constinit std::atomic<int> forks{0};  // that have begun, and hold the heap's lock
constinit std::atomic<bool> is_fork_wanted{false};
constinit thread_local bool meets_forks = false;

/// At the worst moment: while another thread forks, and holds the heap's lock already.
void meet_fork() noexcept {
    if (!meets_forks) return;
    const int before = forks;
    is_fork_wanted = true;
    while (forks == before) std::this_thread::yield();
}

/// Not inline, nor release(): see support/counted_new.hpp.
[[gnu::noinline]] void* allocate(std::size_t size,
                                 std::size_t alignment = alignof(std::max_align_t)) noexcept {
    meet_fork();
    const std::lock_guard guard{heap};
    void* memory = nullptr;
    return ::posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

[[gnu::noinline]] void release(void* memory) noexcept {
    meet_fork();
    const std::lock_guard guard{heap};
    std::free(memory);
}

void* require(void* memory) { return memory != nullptr ? memory : throw std::bad_alloc{}; }

}  // namespace
}  // namespace parking_lot

// The forms for arrays call these.
void* operator new(std::size_t size) { return parking_lot::require(parking_lot::allocate(size)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return parking_lot::allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return parking_lot::require(parking_lot::allocate(size, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
    return parking_lot::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { parking_lot::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { parking_lot::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { parking_lot::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    parking_lot::release(memory);
}

namespace parking_lot {
namespace {

/// All that takes memory for the registry: series, locks, a thread's counts and their growth; and
/// what reads it.
void use_registry() {
    const metered::Mutex<int> first{"fork"};
    const metered::Mutex<int> second{"fork"};
    (void)metrics::snapshot();
    std::deque<metered::RwLock<int>> tables;
    for (int i = 0; i < 9; ++i) (void)tables.emplace_back("fork " + std::to_string(i)).read();
}

int use_registry_in_child() {
    const metered::Mutex<int> known{"fork"};
    const metered::RwLock<int> fresh{"child"};
    return fresh.with_read([](int value) { return value; });
}

TEST(MeteredForkTest, memory_is_taken_and_given_back_without_the_lock_that_is_held_across_fork) {
    ASSERT_EQ(::pthread_atfork(
                  []() {
                      heap.lock();
                      ++forks;
                  },
                  []() { heap.unlock(); }, []() { heap.unlock(); }),
              0);
    std::atomic<bool> is_over{false};
    std::thread user{[&]() {
        meets_forks = true;
        use_registry();
        meets_forks = false;
        is_over = true;
    }};
    while (!is_over) {
        if (is_fork_wanted.exchange(false)) {
            EXPECT_EQ(test::run_in_child(use_registry_in_child), 0);
        } else {
            std::this_thread::yield();
        }
    }
    user.join();
    EXPECT_GT(forks, 9);
}

}  // namespace
}  // namespace parking_lot
