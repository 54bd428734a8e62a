// SPDX-License-Identifier: MIT
// The ids of threads: one for each thread that lives, whatever it is doing.
#include "parking_lot/detail/thread_id.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>
#include <thread>

#include "support/child.hpp"
#include "support/threads.hpp"

namespace parking_lot::detail {
namespace {

TEST(ThreadIdTest, is_the_same_for_one_thread) {
    EXPECT_EQ(this_thread_id(), this_thread_id());
    EXPECT_NE(this_thread_id(), kNoThread);
}

TEST(ThreadIdTest, differs_between_threads_that_live_at_the_same_time) {
    constexpr std::size_t kThreads = 8;
    std::array<ThreadId, kThreads + 1> ids{};
    test::Meeting all_live{kThreads};
    test::run_together(kThreads, [&](std::size_t i) {
        ids[i] = this_thread_id();
        all_live.arrive_and_wait();
    });
    ids[kThreads] = this_thread_id();
    EXPECT_EQ((std::set<ThreadId>{ids.begin(), ids.end()}).size(), kThreads + 1);
}

TEST(ThreadIdTest, lasts_until_the_destructors_of_thread_locals) {
    static ThreadId at_work = kNoThread;
    static ThreadId at_the_end = kNoThread;
    struct AtExit {
        ~AtExit() { at_the_end = this_thread_id(); }
        void touch() const {}
    };
    std::thread{[]() {
        static thread_local const AtExit at_exit;
        at_exit.touch();
        at_work = this_thread_id();
    }}.join();
    EXPECT_EQ(at_work, at_the_end);
}

TEST(ThreadIdTest, is_kept_by_a_forked_child) {
    SKIP_WITHOUT_FORK();
    const ThreadId id = this_thread_id();
    EXPECT_EQ(test::run_in_child([&]() { return this_thread_id() == id ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace parking_lot::detail
