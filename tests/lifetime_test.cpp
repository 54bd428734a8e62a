// SPDX-License-Identifier: MIT
// Locks work before main, after it, in thread-local destructors and in forked children.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <thread>

#include "parking_lot/mutex.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/locks.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// Has one thread wait for another, so that the whole machinery runs.
bool works_under_contention(Mutex<int>& mutex) {
    auto guard = mutex.lock();
    const int before = *guard;
    std::thread waiter{[&mutex]() { mutex.with_lock([](int& value) { ++value; }); }};
    test::wait_for_waiters(mutex.raw(), 1);
    guard.unlock();
    waiter.join();
    return mutex.with_lock([](int value) { return value; }) == before + 1;
}

// ---- static initialization and destruction

/// Its constructor runs before main, its destructor after.
class StaticUser {
  public:
    StaticUser() : worked_before_main_{works_under_contention(mutex_)} {}
    StaticUser(const StaticUser&) = delete;
    StaticUser& operator=(const StaticUser&) = delete;
    ~StaticUser() {
        if (!works_under_contention(mutex_)) std::abort();  // fails the test that ran last
    }

    [[nodiscard]] bool worked_before_main() const { return worked_before_main_; }

  private:
    static inline constinit Mutex<int> mutex_{};
    bool worked_before_main_;
};

const StaticUser static_user;

TEST(LifetimeTest, works_before_main_and_after) { EXPECT_TRUE(static_user.worked_before_main()); }

#if defined(__ELF__) && defined(__linux__)
constinit bool gave_up_before_constructors = false;

/// Runs before every constructor, also those of the shared libraries.
void park_before_constructors() {
    static constinit RawMutex raw;
    raw.lock();
    gave_up_before_constructors = !raw.try_lock_for(1ms);
    raw.unlock();
}

// NOLINTNEXTLINE: the loader's own name for it
[[gnu::section(".preinit_array"), gnu::used]] void (*const preinit)() = &park_before_constructors;

TEST(LifetimeTest, works_before_any_constructor) { EXPECT_TRUE(gave_up_before_constructors); }
#endif

constinit Mutex<int> used_at_exit{};

class AtExitDeathTest : public ::testing::Test {
  protected:
    AtExitDeathTest() { GTEST_FLAG_SET(death_test_style, test::death_test_style()); }
};

TEST_F(AtExitDeathTest, works_in_exit_handlers) {
    constexpr int kWorked = 42;
    const auto leave = []() {
        std::atexit([]() { ::_exit(works_under_contention(used_at_exit) ? kWorked : 1); });
        std::exit(0);
    };
    EXPECT_EXIT(leave(), ::testing::ExitedWithCode(kWorked), "");
}

// ---- thread-local destructors

constinit Mutex<int> ended_threads{};

struct CountsAtThreadExit {
    CountsAtThreadExit() = default;
    CountsAtThreadExit(const CountsAtThreadExit&) = delete;
    CountsAtThreadExit& operator=(const CountsAtThreadExit&) = delete;
    ~CountsAtThreadExit() {
        ended_threads.with_lock([](int& count) { ++count; });
    }
    bool used = false;
};

thread_local CountsAtThreadExit counts_at_thread_exit;

TEST(LifetimeTest, works_in_thread_local_destructors) {
    constexpr int kThreads = 8;
    auto guard = ended_threads.lock();
    *guard = 0;
    test::Threads threads;
    test::Meeting all_started{kThreads + 1};  // see ending_together()
    for (int i = 0; i < kThreads; ++i) {
        threads.start([&]() {
            counts_at_thread_exit.used = true;
            all_started.arrive_and_wait();
        });
    }
    all_started.arrive_and_wait();
    test::wait_for_waiters(ended_threads.raw(), test::ending_together(kThreads));
    EXPECT_EQ(*guard, 0);
    guard.unlock();
    threads.join();
    EXPECT_EQ(ended_threads.with_lock([](int count) { return count; }), kThreads);
}

// ---- fork

/// In a child: 0 if the table is empty and `mutex`, which this thread holds, is as good as new.
int check_in_child(Mutex<int>& mutex) {
    if (test::parked_anywhere() != 0) return 1;
    mutex.force_unlock();
    if (!mutex.try_lock()) return 2;
    {
        const auto guard = mutex.lock();
        if (mutex.try_lock_for(1ms)) return 3;
    }
    // ThreadSanitizer cannot have threads in the child of a process that has several.
    if (!test::kThreadSanitizer && !works_under_contention(mutex)) return 4;
    return test::parked_anywhere() == 0 ? 0 : 5;
}

TEST(ForkTest, child_has_no_waiters_and_the_parent_keeps_its_own) {
    SKIP_WITHOUT_FORK();
    SKIP_WITHOUT_THREADS_IN_CHILD();
    constexpr int kWaiters = 4;
    Mutex<int> mutex;
    test::Threads waiters;
    (void)mutex.lock().leak();
    for (int i = 0; i < kWaiters; ++i) {
        waiters.start([&mutex]() { mutex.with_lock([](int& count) { ++count; }); });
    }
    test::wait_for_waiters(mutex.raw(), kWaiters);
    EXPECT_EQ(test::run_in_child([&]() { return check_in_child(mutex); }), 0);
    mutex.force_unlock();
    waiters.join();
    EXPECT_EQ(mutex.get_mut(), kWaiters);
}

TEST(ForkTest, child_works_whatever_other_threads_were_doing) {
    SKIP_WITHOUT_FORK();
    SKIP_WITHOUT_THREADS_IN_CHILD();
    Mutex<int> mutex;
    std::atomic<bool> stop{false};
    test::Threads contenders;
    for (int i = 0; i < 3; ++i) {
        contenders.start([&, i]() {
            while (!stop) {
                if (i == 0) {
                    (void)mutex.try_lock_for(std::chrono::microseconds{20});
                } else {
                    mutex.with_lock([](int& value) { ++value; });
                }
            }
        });
    }
    for (int round = 0; round < 20; ++round) {
        (void)mutex.lock().leak();
        if (round % 2 == 0) test::wait_for_waiters(mutex.raw(), 1);
        EXPECT_EQ(test::run_in_child([&]() { return check_in_child(mutex); }), 0);
        mutex.force_unlock();
    }
    stop = true;
}

}  // namespace
}  // namespace parking_lot
