// SPDX-License-Identifier: MIT
// Metered locks before main, at exit, in destructors of thread-local objects and in forked
// children.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "parking_lot/metered.hpp"
#include "support/child.hpp"
#include "support/series.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {
namespace {

using metrics::Mode;

metered::Mutex<int> global_mutex{"lifetime: global", 1};
metered::RwLock<int> global_rwlock{"lifetime: global", 2};
const int read_before_main = *global_rwlock.read().operator->();

TEST(MeteredLifetimeTest, locks_work_before_main) {
    EXPECT_EQ(read_before_main, 2);
    EXPECT_EQ(series_of("lifetime: global", Mode::Read).acquisitions, 1u);
}

/// Uses the global locks when it is destroyed, after most other objects of the program or thread.
struct UsesLocksAtTheEnd {
    UsesLocksAtTheEnd() = default;
    UsesLocksAtTheEnd(const UsesLocksAtTheEnd&) = delete;
    UsesLocksAtTheEnd& operator=(const UsesLocksAtTheEnd&) = delete;
    ~UsesLocksAtTheEnd() {
        (void)global_mutex.lock();
        (void)global_rwlock.read();
        metered::RwLock<int> own{"lifetime: at the end"};
        (void)own.read();
        if (report_as_exit_code) {
            const bool counted = series_of("lifetime: at the end", Mode::Read).acquisitions == 1;
            ::_exit(counted ? 0 : 1);
        }
    }
    bool report_as_exit_code = false;
};

TEST(MeteredLifetimeTest, locks_work_in_destructors_of_static_objects) {
    SKIP_WITHOUT_FORK();
    EXPECT_EQ(run_in_child([]() -> int {
                  // Destroyed before the global locks, as it is constructed after them.
                  static UsesLocksAtTheEnd last;
                  last.report_as_exit_code = true;
                  (void)global_rwlock.read();
                  std::exit(2);
              }),
              0);
}

TEST(MeteredLifetimeTest, locks_work_in_destructors_of_thread_local_objects) {
    const auto mutex_before = series_of("lifetime: global");
    const auto reads_before = series_of("lifetime: global", Mode::Read);
    run_together(4, [](std::size_t) {
        // Constructed before the thread has a place for its counts, so destroyed after it is gone.
        static thread_local UsesLocksAtTheEnd last;
        EXPECT_FALSE(last.report_as_exit_code);
        (void)global_rwlock.read();
    });
    EXPECT_EQ(series_of("lifetime: global").acquisitions, mutex_before.acquisitions + 4);
    EXPECT_EQ(series_of("lifetime: global", Mode::Read).acquisitions,
              reads_before.acquisitions + 8);
    EXPECT_EQ(series_of("lifetime: at the end", Mode::Read).acquisitions, 4u);
}

TEST(MeteredLifetimeTest, threads_that_end_leave_their_counts) {
    metered::RwLock<int> lock{"lifetime: threads"};
    for (int i = 0; i < 20; ++i) run_together(3, [&](std::size_t) { (void)lock.read(); });
    EXPECT_EQ(series_of("lifetime: threads", Mode::Read).acquisitions, 60u);
}

TEST(MeteredLifetimeTest, a_forked_child_goes_on_counting) {
    SKIP_WITHOUT_FORK();
    metered::Mutex<int> mutex{"lifetime: fork"};
    (void)mutex.lock();
    EXPECT_EQ(run_in_child([&]() -> int {
                  (void)mutex.lock();
                  (void)global_rwlock.read();
                  const metered::RwLock<int> own{"lifetime: child"};
                  (void)own.read();
                  return series_of("lifetime: fork").acquisitions == 2 &&
                                 series_of("lifetime: child", Mode::Read).acquisitions == 1
                             ? 0
                             : 1;
              }),
              0);
    EXPECT_EQ(series_of("lifetime: fork").acquisitions, 1u);
}

TEST(MeteredLifetimeTest, a_fork_finds_the_registry_whole) {
    SKIP_WITHOUT_FORK();
    std::atomic<bool> stop{false};
    Threads threads;
    for (int i = 0; i < 2; ++i) {
        threads.start([&, i]() {
            while (!stop) {
                const metered::RwLock<int> own{"lifetime: busy " + std::to_string(i)};
                (void)own.read();
                (void)metrics::snapshot();
            }
        });
    }
    for (int i = 0; i < 30; ++i) {
        EXPECT_EQ(run_in_child([]() -> int {
                      const metered::RwLock<int> own{"lifetime: busy child"};
                      (void)own.read();
                      return series_of("lifetime: busy child", Mode::Read).acquisitions == 1 ? 0
                                                                                             : 1;
                  }),
                  0);
    }
    stop = true;
}

}  // namespace
}  // namespace parking_lot::test
