// SPDX-License-Identifier: MIT
// The parking matrix: {one latch, many} x {one thread, many} x {unpark one by one, all, first some
// then all} x {unparked at once, when all are parked}.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>

#include "parking_lot/core.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

/// What is done to one latch: `threads` park at it, `one_by_one` of them are unparked singly, in
/// the order in which they parked, and the rest together.
struct Plan {
    std::size_t threads;
    std::size_t one_by_one;
    bool wait_for_all;  ///< let all park before the first is unparked
};

class Latch {
  public:
    explicit Latch(Plan plan) : plan_{plan} {
        for (std::size_t i = 0; i < plan.threads; ++i) {
            threads_.start([this, i]() {
                EXPECT_EQ(test::park_at(this, core::ParkToken{i}).status,
                          core::ParkStatus::Unparked);
                awake_.fetch_add(1);
            });
        }
    }

    void open() {
        if (plan_.wait_for_all) {
            open_when_all_are_parked();
        } else {
            open_at_once();
        }
        threads_.join();
        EXPECT_EQ(awake_.load(), plan_.threads);
    }

  private:
    void open_when_all_are_parked() {
        test::wait_for_parked(this, plan_.threads);
        auto expected = test::tokens_at(this);
        std::size_t left = plan_.threads;
        for (std::size_t i = 0; i < plan_.one_by_one; ++i) {
            const core::UnparkResult result = test::unpark_one_at(this);
            EXPECT_EQ(result.unparked, 1u);
            EXPECT_EQ(result.have_more, --left > 0);
            expected.erase(expected.begin());
            EXPECT_EQ(test::tokens_at(this), expected);
        }
        EXPECT_EQ(core::unpark_all(this), left);
    }

    void open_at_once() {
        std::size_t woken = 0;
        while (woken < plan_.one_by_one) {
            woken += test::unpark_one_at(this).unparked;
            std::this_thread::yield();
        }
        while (woken < plan_.threads) {
            woken += core::unpark_all(this);
            std::this_thread::yield();
        }
    }

    Plan plan_;
    std::atomic<std::size_t> awake_{0};
    test::Threads threads_;
};

struct ParkingMatrixTest : test::ParkingTest {
    /// Opens `latches` latches at the same time, each by a thread of its own; all of that
    /// `repeats` times.
    static void run(std::size_t repeats, std::size_t latches, Plan plan) {
        for (std::size_t i = 0; i < repeats; ++i) {
            std::deque<Latch> closed;
            for (std::size_t k = 0; k < latches; ++k) closed.emplace_back(plan);
            test::Threads openers;
            for (Latch& latch : closed) openers.start([&latch]() { latch.open(); });
        }
    }
};

constexpr bool kAtOnce = false;
constexpr bool kWhenParked = true;

TEST_F(ParkingMatrixTest, UnparkAllOneFast) { run(500, 1, {1, 0, kAtOnce}); }
TEST_F(ParkingMatrixTest, UnparkAllHundredFast) { run(10, 1, {100, 0, kAtOnce}); }
TEST_F(ParkingMatrixTest, UnparkOneOneFast) { run(500, 1, {1, 1, kAtOnce}); }
TEST_F(ParkingMatrixTest, UnparkOneHundredFast) { run(10, 1, {100, 100, kAtOnce}); }
TEST_F(ParkingMatrixTest, UnparkOneFiftyThenFiftyAllFast) { run(10, 1, {100, 50, kAtOnce}); }
TEST_F(ParkingMatrixTest, UnparkAllOne) { run(100, 1, {1, 0, kWhenParked}); }
TEST_F(ParkingMatrixTest, UnparkAllHundred) { run(5, 1, {100, 0, kWhenParked}); }
TEST_F(ParkingMatrixTest, UnparkOneOne) { run(100, 1, {1, 1, kWhenParked}); }
TEST_F(ParkingMatrixTest, UnparkOneFifty) { run(2, 1, {50, 50, kWhenParked}); }
TEST_F(ParkingMatrixTest, UnparkOneFiftyThenFiftyAll) { run(2, 1, {100, 50, kWhenParked}); }
TEST_F(ParkingMatrixTest, HundredUnparkAllOneFast) { run(5, 100, {1, 0, kAtOnce}); }
TEST_F(ParkingMatrixTest, HundredUnparkAllOne) { run(1, 100, {1, 0, kWhenParked}); }

}  // namespace
}  // namespace parking_lot
