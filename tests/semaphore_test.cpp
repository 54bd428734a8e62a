// SPDX-License-Identifier: MIT
// Semaphore: permits are counted, waited for and given back.
#include "parking_lot/semaphore.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <type_traits>

#include "support/emulated.hpp"
#include "support/parking.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

constinit Semaphore at_namespace_scope{3};

static_assert(std::is_trivially_destructible_v<Semaphore> &&
              !std::is_copy_constructible_v<Semaphore>);

class SemaphoreTest : public test::ParkingTest {};

TEST_F(SemaphoreTest, counts_its_permits) {
    EXPECT_EQ(at_namespace_scope.available(), 3U);
    Semaphore semaphore{2};
    semaphore.acquire();
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_EQ(semaphore.available(), 0U);
    semaphore.release(3);
    EXPECT_EQ(semaphore.available(), 3U);
    EXPECT_TRUE(semaphore.try_acquire_for(1h));
    Semaphore full{Semaphore::kMax};
    EXPECT_TRUE(full.try_acquire());
    full.release();
    EXPECT_EQ(full.available(), Semaphore::kMax);
}

TEST_F(SemaphoreTest, a_thread_without_a_permit_sleeps_until_there_is_one) {
    Semaphore semaphore{0};
    std::atomic<int> through{0};
    test::Threads threads;
    threads.start([&]() {
        semaphore.acquire();
        ++through;
    });
    test::wait_for_parked(&semaphore, 1);
    EXPECT_EQ(through, 0);
    semaphore.release();
    threads.join();
    EXPECT_EQ(through, 1);
    EXPECT_EQ(semaphore.available(), 0U);
}

TEST_F(SemaphoreTest, as_many_are_woken_as_permits_are_given) {
    Semaphore semaphore{0};
    std::atomic<int> through{0};
    test::Threads threads;
    for (int i = 0; i < 5; ++i) {
        threads.start([&]() {
            semaphore.acquire();
            ++through;
        });
    }
    test::wait_for_parked(&semaphore, 5);
    semaphore.release(2);
    test::wait_until([&]() { return through == 2; });
    EXPECT_EQ(test::parked_at(&semaphore), 3U);
    semaphore.release(4);
    threads.join();
    EXPECT_EQ(semaphore.available(), 1U);
}

TEST_F(SemaphoreTest, gives_up_at_the_limit) {
    Semaphore semaphore{0};
    EXPECT_FALSE(semaphore.try_acquire_for(0s));
    EXPECT_FALSE(semaphore.try_acquire_for(-1s));
    EXPECT_FALSE(semaphore.try_acquire_for(2ms));
    EXPECT_FALSE(semaphore.try_acquire_until(Deadline::passed()));
    EXPECT_FALSE(semaphore.try_acquire_until(std::chrono::steady_clock::now() + 2ms));
    EXPECT_FALSE(semaphore.try_acquire_until(std::chrono::system_clock::now() + 2ms));
    semaphore.release();
    EXPECT_TRUE(semaphore.try_acquire_until(Deadline::passed()));
}

/// The wake-up goes to the one who is still there.
TEST_F(SemaphoreTest, one_who_gave_up_is_not_counted_on) {
    Semaphore semaphore{0};
    std::atomic<bool> gave_up{false};
    test::Threads threads;
    threads.start([&]() {
        EXPECT_FALSE(semaphore.try_acquire_for(20ms));
        gave_up = true;
    });
    test::wait_for_parked(&semaphore, 1);
    threads.start([&]() { semaphore.acquire(); });
    test::wait_until([&]() { return gave_up.load(); });
    test::wait_for_parked(&semaphore, 1);
    semaphore.release();
    threads.join();
    EXPECT_EQ(semaphore.available(), 0U);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST_F(SemaphoreTest, gives_up_when_a_stop_is_requested) {
    Semaphore semaphore{1};
    std::stop_source source;
    EXPECT_TRUE(semaphore.acquire(source.get_token()));
    test::Threads threads;
    threads.start([&]() { EXPECT_FALSE(semaphore.acquire(source.get_token())); });
    test::wait_for_parked(&semaphore, 1);
    source.request_stop();
    threads.join();
    EXPECT_FALSE(semaphore.acquire(source.get_token()));
    semaphore.release();
    EXPECT_TRUE(semaphore.acquire(source.get_token()));
}
#endif

TEST_F(SemaphoreTest, what_was_written_before_a_release_is_seen) {
    Semaphore there{0};
    Semaphore back{0};
    int ball = 0;
    constexpr int kTurns = test::kThreadSanitizer ? 200 : 5000;
    test::Threads threads;
    threads.start([&]() {
        for (int i = 0; i < kTurns; ++i) {
            there.acquire();
            ++ball;
            back.release();
        }
    });
    for (int i = 0; i < kTurns; ++i) {
        ++ball;
        there.release();
        back.acquire();
    }
    threads.join();
    EXPECT_EQ(ball, 2 * kTurns);
}

TEST_F(SemaphoreTest, never_more_owners_than_permits) {
    constexpr int kPermits = 2;
    constexpr int kRounds = test::kThreadSanitizer ? 300 : 5000;
    Semaphore semaphore{kPermits};
    std::atomic<int> owners{0};
    test::run_together(5, [&](std::size_t index) {
        for (int i = 0; i < kRounds; ++i) {
            if (index != 0) {
                semaphore.acquire();
            } else if (!semaphore.try_acquire_for(std::chrono::microseconds{i % 50})) {
                continue;
            }
            EXPECT_LE(++owners, kPermits);
            if (i % 16 == 0) std::this_thread::yield();
            --owners;
            semaphore.release();
        }
    });
    EXPECT_EQ(semaphore.available(), 2U);
}

/// For ASan: the thread that got the permit destroys the semaphore, while release() returns.
TEST_F(SemaphoreTest, may_be_destroyed_as_soon_as_the_permit_is_there) {
    constexpr int kRounds = test::kThreadSanitizer ? 100 : 2000;
    for (int i = 0; i < kRounds; ++i) {
        auto semaphore = std::make_unique<Semaphore>(0);
        test::Threads threads;
        threads.start([&shared = *semaphore]() { shared.release(); });
        semaphore->acquire();
        semaphore.reset();
    }
}

#if PARKING_LOT_CHECKED
TEST(SemaphoreMisuseDeathTest, too_many_permits_are_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    Semaphore semaphore{1};
    EXPECT_DEATH(semaphore.release(Semaphore::kMax), "parking_lot: too many permits");
}

TEST(SemaphoreMisuseDeathTest, a_count_that_is_too_high_is_reported) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto make = [](std::uint32_t permits) { return Semaphore{permits}.available(); };
    EXPECT_EQ(make(Semaphore::kMax), Semaphore::kMax);
    EXPECT_DEATH((void)make(Semaphore::kMax + 1), "parking_lot: a count that is too high");
}
#endif

}  // namespace
}  // namespace parking_lot
