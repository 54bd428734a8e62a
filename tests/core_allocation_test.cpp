// SPDX-License-Identifier: MIT
// core allocates nothing: operator new and malloc are counted. And therefore an allocator may be
// built on it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "parking_lot/core.hpp"
#include "parking_lot/dump_parked.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

constinit thread_local bool counts = false;
std::atomic<int> allocations{0};

void note_allocation() noexcept {
    if (counts) allocations.fetch_add(1);
}

/// Counts what this thread allocates in the scope.
class Counting {
  public:
    Counting() { counts = true; }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;
    ~Counting() { counts = false; }
};

/// A lock for an allocator: it parks inside operator new.
class AllocatorLock {
  public:
    void lock() noexcept {
        while (is_locked_.exchange(true, std::memory_order_acquire)) {
            const auto still = [this]() noexcept { return is_locked_.load(); };
            (void)core::park(this, still, test::kNothing, test::kIgnoreTimeOut);
        }
    }
    void unlock() noexcept {
        is_locked_.store(false, std::memory_order_release);
        core::unpark_one(this, test::kNoToken);
    }

  private:
    std::atomic<bool> is_locked_{false};
};

constinit AllocatorLock allocator_lock;
std::atomic<bool> locks_allocator{false};
std::uint64_t locked_allocations = 0;  // guarded by allocator_lock

void* allocate(std::size_t size) {
    note_allocation();
    if (locks_allocator.load(std::memory_order_relaxed)) {
        allocator_lock.lock();
        ++locked_allocations;
        allocator_lock.unlock();
    }
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    std::abort();
}

}  // namespace
}  // namespace parking_lot

// The forms for arrays and those that do not throw call these.
[[gnu::noinline]] void* operator new(std::size_t size) { return parking_lot::allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#if defined(__GLIBC__)
constexpr bool kCountsMalloc = true;
extern "C" void* __libc_malloc(std::size_t);  // NOLINT: glibc's name for its own
extern "C" void* malloc(std::size_t size) {
    parking_lot::note_allocation();
    return __libc_malloc(size);
}
#else
constexpr bool kCountsMalloc = false;
#endif

namespace parking_lot {
namespace {

using core::RequeueOp;
using core::UnparkResult;
using core::UnparkToken;

struct CoreAllocationTest : test::ParkingTest {
    int here = 0;
    int there = 0;

    void SetUp() override { allocations.store(0); }
};

TEST_F(CoreAllocationTest, CountersSeeAnAllocation) {
    {
        const Counting scope;
        ::operator delete(::operator new(8));
    }
    EXPECT_GE(allocations.exchange(0), 1);
    void* volatile memory = nullptr;  // or the compiler leaves the pair out
    {
        const Counting scope;
        memory = std::malloc(8);
    }
    std::free(memory);
    EXPECT_EQ(allocations.load(), kCountsMalloc ? 1 : 0);
}

TEST_F(CoreAllocationTest, NobodyParked) {
    const Counting scope;
    test::unpark_one_at(&here);
    core::unpark_all(&here);
    core::unpark_filter(
        &here, [](core::ParkToken) noexcept { return core::FilterOp::Unpark; }, test::kNoToken);
    core::unpark_requeue(
        &here, &there, []() noexcept { return RequeueOp::RequeueAll; },
        [](RequeueOp, UnparkResult) noexcept { return UnparkToken{}; });
    (void)core::park(&here, []() noexcept { return false; }, test::kNothing, test::kIgnoreTimeOut);
    (void)test::park_at(&here, {}, Deadline::passed());
    (void)test::park_at(&here, {}, Deadline::after(std::chrono::microseconds{1}));
    core::for_each_parked([](const void*, core::ParkToken) noexcept {});
    EXPECT_EQ(allocations.load(), 0);
}

TEST_F(CoreAllocationTest, ManyThreadsParkedRequeuedAndUnparked) {
    constexpr std::size_t kThreads = 40;
    test::Threads threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            const Counting scope;
            (void)test::park_at(&here);
        });
    }
    test::wait_for_parked(&here, kThreads);
    {
        const Counting scope;
        core::unpark_requeue(
            &here, &there, []() noexcept { return RequeueOp::UnparkOneRequeueRest; },
            [](RequeueOp, UnparkResult) noexcept { return UnparkToken{}; });
        test::unpark_one_at(&there);
        core::unpark_all(&there);
    }
    threads.join();
    EXPECT_EQ(allocations.load(), 0);
}

TEST_F(CoreAllocationTest, DumpOfManyParkedThreads) {
    constexpr std::size_t kThreads = 40;  // more than are found in one walk over the table
    test::Sleepers sleepers;
    sleepers.park_many(&here, kThreads);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
    ASSERT_NE(file, nullptr);
    {
        const Counting scope;
        dump_parked(::fileno(file.get()));
    }
    core::unpark_all(&here);
    EXPECT_EQ(allocations.load(), 0);
    std::rewind(file.get());
    std::array<char, 8> text{};
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), file.get()), 8u);
}

TEST_F(CoreAllocationTest, AllocatorMayParkInOperatorNew) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 1000;
    locked_allocations = 0;
    locks_allocator.store(true);
    test::run_together(kThreads, [](std::size_t) {
        std::vector<std::vector<char>> memory;
        for (std::size_t i = 0; i < kRounds; ++i) memory.emplace_back(i);
    });
    locks_allocator.store(false);
    EXPECT_GE(locked_allocations, kThreads * (kRounds - 1));
}

}  // namespace
}  // namespace parking_lot
