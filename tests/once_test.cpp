// SPDX-License-Identifier: MIT
// Once: the function runs exactly once, whoever calls, waits or throws.
#include "parking_lot/once.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "support/onces.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::wait_for_waiters;

constinit Once constant_initialized;
constinit Once constant_completed = Once::completed();

static_assert(PARKING_LOT_USE_STD || PARKING_LOT_CHECKED || sizeof(Once) == 1);
static_assert(std::is_nothrow_default_constructible_v<Once>);
static_assert(PARKING_LOT_CHECKED || std::is_trivially_destructible_v<Once>);
static_assert(!std::is_copy_constructible_v<Once> && !std::is_move_constructible_v<Once>);
static_assert(!std::is_copy_assignable_v<Once> && !std::is_move_assignable_v<Once>);

class OnceTest : public ::testing::Test {
  protected:
    ~OnceTest() override {
        threads_.join();
        EXPECT_EQ(test::parked_anywhere(), 0U);
    }

    /// Runs call_once with a function that does not return before finish().
    void start_long_call() {
        threads_.start([&]() {
            once_.call_once([&]() {
                is_running_ = true;
                test::wait_until([&]() { return may_finish_.load(); });
            });
        });
        test::wait_until([&]() { return is_running_.load(); });
    }

    void finish() { may_finish_ = true; }

    Once once_;
    std::atomic<bool> is_running_{false};
    std::atomic<bool> may_finish_{false};
    test::Threads threads_;
};

TEST_F(OnceTest, function_runs_once) {
    int runs = 0;
    for (int i = 0; i < 3; ++i) once_.call_once([&]() { ++runs; });
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(once_.is_done());
}

TEST_F(OnceTest, state_follows_the_function) {
    EXPECT_EQ(once_.state(), OnceState::New);
    once_.call_once([&]() {
        EXPECT_EQ(once_.state(), OnceState::InProgress);
        EXPECT_FALSE(once_.is_done());
    });
    EXPECT_EQ(once_.state(), OnceState::Done);
}

TEST_F(OnceTest, constant_initialized_ones_work) {
    int runs = 0;
    constant_initialized.call_once([&]() { ++runs; });
    constant_completed.call_once([&]() { ++runs; });
    EXPECT_TRUE(constant_completed.try_call_once([&]() { ++runs; }));
    EXPECT_EQ(runs, 1);
}

TEST_F(OnceTest, arguments_are_forwarded) {
    struct Counter {
        int total = 0;
        void add(std::unique_ptr<int> amount, int& calls) {
            total += *amount;
            ++calls;
        }
    };
    Counter counter;
    int calls = 0;
    once_.call_once(&Counter::add, counter, std::make_unique<int>(3), calls);
    EXPECT_EQ(counter.total, 3);
    EXPECT_EQ(calls, 1);
}

TEST_F(OnceTest, arguments_of_a_call_that_does_not_run_stay) {
    once_.call_once([]() {});
    auto kept = std::make_unique<int>(7);
    once_.call_once([](std::unique_ptr<int>) {}, std::move(kept));
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(*kept, 7);
}

TEST_F(OnceTest, an_exception_goes_to_the_caller_and_the_next_one_tries) {
    int runs = 0;
    const auto fail = [&]() {
        ++runs;
        throw std::runtime_error{"no"};
    };
    EXPECT_THROW(once_.call_once(fail), std::runtime_error);
    EXPECT_EQ(once_.state(), OnceState::New);
    EXPECT_THROW((void)once_.try_call_once(fail), std::runtime_error);
    EXPECT_EQ(once_.state(), OnceState::New);
    once_.call_once([&]() { ++runs; });
    once_.call_once(fail);
    EXPECT_EQ(runs, 3);
}

TEST_F(OnceTest, callers_wait_for_the_one_who_runs_it) {
    start_long_call();
    std::atomic<int> returned{0};
    for (int i = 0; i < 3; ++i) {
        threads_.start([&]() {
            once_.call_once([]() { FAIL(); });
            EXPECT_TRUE(may_finish_.load());
            ++returned;
        });
    }
    wait_for_waiters(once_, 3);
    EXPECT_EQ(returned, 0);
    finish();
    threads_.join();
    EXPECT_EQ(returned, 3);
}

TEST_F(OnceTest, try_call_once_does_not_wait) {
    start_long_call();
    EXPECT_FALSE(once_.try_call_once([]() { FAIL(); }));
    finish();
    threads_.join();
    EXPECT_TRUE(once_.try_call_once([]() { FAIL(); }));
}

TEST_F(OnceTest, try_call_once_runs_the_first_function) {
    int runs = 0;
    EXPECT_TRUE(once_.try_call_once([&](int n) { runs += n; }, 1));
    EXPECT_TRUE(once_.is_done());
    EXPECT_EQ(runs, 1);
}

TEST_F(OnceTest, try_call_once_within_the_function_is_refused) {
    once_.call_once([&]() { EXPECT_FALSE(once_.try_call_once([]() { FAIL(); })); });
    EXPECT_TRUE(once_.is_done());
}

TEST_F(OnceTest, functions_may_use_other_onces) {
    Once inner;
    int runs = 0;
    once_.call_once([&]() { inner.call_once([&]() { ++runs; }); });
    EXPECT_TRUE(inner.is_done());
    EXPECT_EQ(runs, 1);
}

TEST_F(OnceTest, every_kind_of_wait_ends_with_the_function) {
    start_long_call();
    EXPECT_FALSE(once_.wait_for(1ms));
    EXPECT_FALSE(once_.wait_until(std::chrono::steady_clock::now() + 1ms));
    threads_.start([&]() { once_.wait(); });
    threads_.start([&]() { EXPECT_TRUE(once_.wait_for(1h)); });
    threads_.start([&]() { EXPECT_TRUE(once_.wait_until(std::chrono::system_clock::now() + 1h)); });
#if PARKING_LOT_HAS_STOP_TOKEN
    std::stop_source stop;
    threads_.start([&]() { EXPECT_TRUE(once_.wait(stop.get_token())); });
#endif
    wait_for_waiters(once_, 3);
    finish();
    threads_.join();
    once_.wait();
}

TEST_F(OnceTest, a_waiting_thread_outlasts_a_failed_attempt) {
    threads_.start([&]() {
        once_.wait();
        EXPECT_TRUE(may_finish_.load());
    });
    wait_for_waiters(once_, 1);
    EXPECT_THROW(once_.call_once([]() { throw 1; }), int);
    finish();
    once_.call_once([]() {});
}

TEST_F(OnceTest, reset_lets_it_run_again) {
    int runs = 0;
    once_.call_once([&]() { ++runs; });
    once_.reset();
    EXPECT_EQ(once_.state(), OnceState::New);
    once_.call_once([&]() { ++runs; });
    EXPECT_EQ(runs, 2);
}

// The first of eight contenders throws, the others sleep meanwhile: exactly one more runs.
TEST_F(OnceTest, after_a_throwing_first_call_one_of_eight_contenders_succeeds) {
    int runs = 0;
    std::atomic<int> thrown{0};
    std::atomic<int> returned{0};
    threads_.start([&]() {
        try {
            once_.call_once([&]() {
                ++runs;
                is_running_ = true;
                test::wait_until([&]() { return may_finish_.load(); });
                throw std::runtime_error{"first"};
            });
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    });
    test::wait_until([&]() { return is_running_.load(); });
    for (int i = 0; i < 8; ++i) {
        threads_.start([&]() {
            once_.call_once([&]() { ++runs; });
            EXPECT_EQ(runs, 2);
            ++returned;
        });
    }
    wait_for_waiters(once_, 8);
    EXPECT_EQ(returned, 0);
    finish();
    threads_.join();
    EXPECT_EQ(thrown, 1);
    EXPECT_EQ(returned, 8);
    EXPECT_EQ(runs, 2);
}

TEST_F(OnceTest, every_contender_may_throw) {
    std::atomic<int> thrown{0};
    test::run_together(8, [&](std::size_t) {
        try {
            once_.call_once([]() { throw std::string{"no"}; });
        } catch (const std::string&) {
            ++thrown;
        }
    });
    EXPECT_EQ(thrown, 8);
    EXPECT_EQ(once_.state(), OnceState::New);
}

TEST_F(OnceTest, what_the_function_did_is_seen_by_all_who_return) {
    constexpr std::size_t kOnces = 500;
    struct Job {
        Once once;
        std::size_t result = 0;
    };
    const auto jobs = std::make_unique<std::array<Job, kOnces>>();
    test::run_together(4, [&](std::size_t thread) {
        for (std::size_t i = 0; i < kOnces; ++i) {
            Job& job = (*jobs)[i];
            if (thread == 3) {
                const bool done = job.once.try_call_once([&]() { job.result += i + 1; });
                EXPECT_TRUE(!done || job.result == i + 1);
                EXPECT_TRUE(!job.once.is_done() || job.result == i + 1);
            } else {
                job.once.call_once([&]() { job.result += i + 1; });
                EXPECT_EQ(job.result, i + 1);
            }
        }
    });
}

}  // namespace
}  // namespace parking_lot
