// SPDX-License-Identifier: MIT
// Locks where membarrier is refused: from the start, by request, or by a sandbox put up later. And
// where futex is.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>

#include "parking_lot/core.hpp"
#include "parking_lot/detail/platform/linux_futex.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "support/asleep.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/parking.hpp"
#include "support/sandbox.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

constexpr int kWorked = 0;
constexpr int kNoFilters = 100;

bool needs_rmw() { return (detail::this_module.epoch.load() & detail::kNeedsRmw) != 0; }

/// Several threads take turns with `lock` and at times give up waiting for it.
template <class Lock>
bool excludes(Lock& lock) {
    std::size_t count = 0;
    std::atomic<std::size_t> expected{0};
    test::run_together(3, [&](std::size_t) {
        for (int i = 0; i < 500; ++i) {
            if (i % 8 == 0) {
                if (!lock.try_lock_for(std::chrono::microseconds{20})) continue;
            } else {
                lock.lock();
            }
            ++count;
            expected.fetch_add(1);
            if (i % 16 == 0) std::this_thread::yield();
            lock.unlock();
        }
    });
    return count == expected.load();
}

/// New locks, cold at first, and parking. Returns kWorked, or the number of what failed.
int use_locks() {
    RawMutex mutex;
    RawFairMutex fair;
    if (!excludes(mutex)) return 1;
    if (!excludes(fair)) return 2;
    int address = 0;
    std::thread parked{[&]() { (void)test::park_at(&address); }};
    test::wait_for_parked(&address, 1);
    const std::size_t unparked = core::unpark_all(&address);
    parked.join();
    return unparked == 1 && test::parked_anywhere() == 0 ? kWorked : 3;
}

// This program runs itself again, as it has to be refused before it is loaded. A variable tells
// the second process to do the test's work and exit.
constexpr const char* kIsSecond = "PARKING_LOT_TEST_IS_SECOND";

void run_again(const char* test) {
    ::setenv(kIsSecond, "1", 1);
    const std::string filter = std::string{"--gtest_filter="} + test;
    ::execl("/proc/self/exe", "sandbox_test", filter.c_str(), static_cast<char*>(nullptr));
    ::_exit(test::kChildFailed);
}

struct SandboxTest : test::ParkingTest {
    void SetUp() override {
        if (std::getenv(kIsSecond) == nullptr) return;
        ::_exit(needs_rmw() ? use_locks() : 10);
    }
};

TEST_F(SandboxTest, RefusedFromTheStart) {
    const int code = test::run_in_child([]() {
        if (!test::forbid_membarrier()) return kNoFilters;
        run_again("SandboxTest.RefusedFromTheStart");
        return test::kChildFailed;
    });
    if (code == kNoFilters) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, kWorked);
}

TEST_F(SandboxTest, OptedOut) {
    SKIP_WITHOUT_EXECUTING();
    EXPECT_EQ(test::run_in_child([]() {
                  ::setenv("PARKING_LOT_NO_MEMBARRIER", "1", 1);
                  run_again("SandboxTest.OptedOut");
                  return test::kChildFailed;
              }),
              kWorked);
}

TEST_F(SandboxTest, RefusedAfterLocksWereUsed) {
    const int code = test::run_in_child([]() {
        RawMutex used_before;
        used_before.lock();
        used_before.unlock();
        if (!test::forbid_membarrier()) return kNoFilters;
        if (!excludes(used_before)) return 4;
        const int result = use_locks();
        if (result != kWorked) return result;
        // Whether a lock was heated above is up to the scheduler; here one is.
        RawMutex heated;
        heated.lock();
        std::thread waiting{[&]() {
            heated.lock();
            heated.unlock();
        }};
        test::wait_for_parked(&heated, 1);
        heated.unlock();
        waiting.join();
        return needs_rmw() ? kWorked : 5;
    });
    if (code == kNoFilters) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, kWorked);
}

TEST_F(SandboxTest, RefusedWhileLocksAreUsed) {
    const int code = test::run_in_child([]() {
        std::array<RawMutex, 200> locks;
        std::array<std::size_t, 200> counts{};
        std::atomic<int> filters{0};
        test::run_together(3, [&](std::size_t thread) {
            // The filter is the thread's own: the others go on having their fences.
            if (thread == 0 && test::forbid_membarrier()) filters.fetch_add(1);
            for (std::size_t i = 0; i < locks.size() * 10; ++i) {
                const std::size_t chosen = i / 10;
                locks[chosen].lock();
                ++counts[chosen];
                if (i % 10 == 5) std::this_thread::yield();
                locks[chosen].unlock();
            }
        });
        if (filters.load() == 0) return kNoFilters;
        for (const std::size_t count : counts) {
            if (count != 30) return 6;
        }
        return use_locks();
    });
    if (code == kNoFilters) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, kWorked);
}

/// Where futex is refused a lock works as long as nobody has to wait for it.
struct FutexRefusedTest : ::testing::TestWithParam<std::uint16_t> {
    void SetUp() override {
        ::testing::GTEST_FLAG(death_test_style) = "fast";
        if (test::run_in_child([]() { return refuse() ? kWorked : kNoFilters; }) == kNoFilters) {
            GTEST_SKIP() << "no system call filters here";
        }
    }

    static bool refuse() { return test::forbid(SYS_futex, GetParam()); }

    static constexpr const char* kSentence =
        "parking_lot: the kernel refuses the futex system call";
};

TEST_P(FutexRefusedTest, FreeLocksWork) {
    EXPECT_EQ(test::run_in_child([]() {
                  if (!refuse()) return kNoFilters;
                  RawMutex mutex;
                  mutex.lock();
                  const bool is_excluded = !mutex.try_lock();
                  mutex.unlock();
                  if (!is_excluded || !mutex.try_lock()) return 1;
                  mutex.unlock();
                  return kWorked;
              }),
              kWorked);
}

TEST_P(FutexRefusedTest, WhoHasToSleepSaysSo) {
    const std::atomic<std::uint32_t> word{0};
    EXPECT_DEATH(refuse() && detail::platform::LinuxFutex::wait(word, 0, Deadline::never()),
                 kSentence);
    EXPECT_DEATH(refuse() && detail::platform::LinuxFutex::wait(
                                 word, 0, Deadline::after(std::chrono::hours{1})),
                 kSentence);
}

TEST_P(FutexRefusedTest, WhoHasToWakeSaysSo) {
    const std::atomic<std::uint32_t> word{0};
    EXPECT_DEATH(refuse() && (detail::platform::LinuxFutex::wake_one(&word), true), kSentence);
}

TEST_P(FutexRefusedTest, WhoHasToWaitForALockSaysSo) {
    RawMutex mutex;
    mutex.lock();
    // On the portable platform it is the C library that complains.
    EXPECT_DEATH(refuse() && mutex.try_lock_for(std::chrono::hours{1}), "futex");
    mutex.unlock();
}

// The kernel continues a sleep with a limit by restart_syscall, which a sandbox need not know.
TEST(FutexTest, AThreadThatIsStoppedInItsSleepNeedsNoRestart) {
    SKIP_WITHOUT_EXECUTING();
    const int code = test::run_in_child([]() {
        if (!test::forbid(SYS_restart_syscall, EPERM)) return kNoFilters;
        const pid_t sleeper = ::getpid();
        const pid_t stopper = test::start_child([&]() {
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
            ::kill(sleeper, SIGSTOP);
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            return ::kill(sleeper, SIGCONT);
        });
        const std::atomic<std::uint32_t> word{0};
        const Deadline deadline = Deadline::after(std::chrono::milliseconds{200});
        while (detail::platform::LinuxFutex::wait(word, 0, deadline)) {
        }
        return test::exit_code_of(stopper);
    });
    if (code == kNoFilters) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, kWorked);
}

// A waker may be late, and the memory of its word in use for something else.
TEST(FutexTest, AWakeMayMeetAMutexThatInheritsPriorities) {
    if (test::is_emulated() && std::endian::native == std::endian::big) {
        GTEST_SKIP() << "the kernel writes its own byte order into such a mutex";
    }
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ASSERT_EQ(::pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT), 0);
    pthread_mutex_t mutex;
    if (::pthread_mutex_init(&mutex, &attributes) != 0) GTEST_SKIP() << "no such mutex here";
    ::pthread_mutex_lock(&mutex);
    std::atomic<int> number{0};
    std::thread waiting{[&]() {
        number.store(test::thread_number());
        ::pthread_mutex_lock(&mutex);
        ::pthread_mutex_unlock(&mutex);
    }};
    test::wait_until([&]() { return number.load() != 0; });
    test::wait_until_asleep(number.load());
    detail::platform::LinuxFutex::wake_one(&mutex);
    detail::platform::LinuxFutex::wake_all(&mutex);
    ::pthread_mutex_unlock(&mutex);
    waiting.join();
    ::pthread_mutex_destroy(&mutex);
    ::pthread_mutexattr_destroy(&attributes);
}

INSTANTIATE_TEST_SUITE_P(, FutexRefusedTest, ::testing::Values(EPERM, ENOSYS),
                         [](const auto& instance) {
                             return instance.param == EPERM ? "Eperm" : "Enosys";
                         });

}  // namespace
}  // namespace parking_lot
