// SPDX-License-Identifier: MIT
// Everything at once: whatever the mixture of locks, time limits, stop requests and hand-offs, the
// holders exclude each other, nobody is left parked, and the lock ends free.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

template <class Raw>
class StressTest : public ::testing::Test {
  protected:
    /// One turn in the lock: two counters that must never be seen to differ.
    void turn() {
        EXPECT_EQ(first_, second_);
        ++first_;
        if (first_ % 4 == 0) std::this_thread::yield();  // so that others find the lock held
        ++second_;
    }

    /// Takes a turn if `locked`, and unlocks in one of the ways there are.
    void turn_if(bool locked, int round) {
        if (!locked) return;
        turn();
        ++turns_;
        if (round % 5 == 0) raw_.bump();
        if (round % 3 == 0) {
            raw_.unlock_fair();
        } else {
            raw_.unlock();
        }
    }

    bool lock() {
        raw_.lock();
        return true;
    }

    void expect_quiet() {
        EXPECT_EQ(test::parked_anywhere(), 0U);
        EXPECT_FALSE(raw_.is_locked());
        std::array<unsigned char, sizeof(Raw)> bytes{};
        std::memcpy(bytes.data(), static_cast<const void*>(&raw_), sizeof(Raw));
        EXPECT_TRUE(bytes[0] == 0 || bytes[0] == 4) << "free, hot at most: " << int{bytes[0]};
        EXPECT_EQ(first_, turns_);
        EXPECT_EQ(second_, turns_);
        EXPECT_TRUE(raw_.try_lock());
        raw_.unlock();
    }

    Raw raw_;
    long first_ = 0;
    long second_ = 0;
    std::atomic<long> turns_{0};
};

TYPED_TEST_SUITE(StressTest, test::ParkingLocks, test::LockNames);

TYPED_TEST(StressTest, plain_locks) {
    test::run_together(6, [this](std::size_t) {
        for (int i = 1; i <= 500; ++i) this->turn_if(this->lock(), i);
    });
    EXPECT_EQ(this->turns_, 6 * 500);
    this->expect_quiet();
}

TYPED_TEST(StressTest, storm_of_time_limits) {
    constexpr int kRounds = 600;
    test::run_together(6, [this](std::size_t index) {
        auto& raw = this->raw_;
        for (int i = 1; i <= kRounds; ++i) {
            const microseconds limit{i % 60};
            switch (index) {
                case 0:
                case 1:
                    this->turn_if(this->lock(), i);
                    break;
                case 2:
                    this->turn_if(raw.try_lock_for(limit), i);
                    break;
                case 3:
                    this->turn_if(raw.try_lock_until(system_clock::now() + limit), i);
                    break;
                case 4:
                    this->turn_if(raw.try_lock_until(steady_clock::now() + limit), i);
                    break;
                default:
                    this->turn_if(raw.try_lock(), i);
                    break;
            }
        }
    });
    EXPECT_GE(this->turns_, 2 * kRounds);
    this->expect_quiet();
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(StressTest, storm_of_stop_requests) {
    constexpr int kRounds = 500;
    struct Pair {
        std::vector<std::stop_source> sources = std::vector<std::stop_source>(kRounds);
        std::atomic<int> reached{-1};
    };
    std::array<Pair, 3> pairs{};
    test::run_together(8, [&](std::size_t index) {
        Pair& pair = pairs[index % pairs.size()];
        for (int i = 0; i < kRounds; ++i) {
            std::stop_source& source = pair.sources[static_cast<std::size_t>(i)];
            if (index < 3) {
                pair.reached = i;
                this->turn_if(this->raw_.lock(source.get_token()), i);
            } else if (index < 6) {
                while (pair.reached < i) std::this_thread::yield();
                source.request_stop();
            } else {
                this->turn_if(this->lock(), i);
            }
        }
    });
    EXPECT_GE(this->turns_, 2 * kRounds);
    this->expect_quiet();
}
#endif

TYPED_TEST(StressTest, many_locks) {
    constexpr std::size_t kLocks = 300;
    constexpr std::size_t kThreads = 6;
    constexpr std::size_t kRounds = 3000;
    struct Counter {
        TypeParam raw;
        std::size_t value = 0;
    };
    std::vector<Counter> counters(kLocks);
    test::run_together(kThreads, [&](std::size_t index) {
        // In steps that differ, so that threads meet at ever other locks.
        for (std::size_t i = 0; i < kRounds; ++i) {
            Counter& counter = counters[i * (index + 1) % (i % 2 == 0 ? kLocks : 3)];
            counter.raw.lock();
            ++counter.value;
            if (i % 8 == 0) std::this_thread::yield();
            counter.raw.unlock();
        }
    });
    std::size_t total = 0;
    for (const Counter& counter : counters) total += counter.value;
    EXPECT_EQ(total, kThreads * kRounds);
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

TYPED_TEST(StressTest, last_user_destroys_the_lock) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kObjects = 300;
    struct Object {
        TypeParam raw;
        std::size_t references = kThreads;
    };
    std::vector<Object*> objects;
    for (std::size_t i = 0; i < kObjects; ++i) objects.push_back(new Object);
    std::atomic<std::size_t> destroyed{0};
    test::run_together(kThreads, [&](std::size_t) {
        for (Object* const object : objects) {
            object->raw.lock();
            const bool last = --object->references == 0;
            if (object->references % 2 == 1) std::this_thread::yield();
            object->raw.unlock();
            if (!last) continue;
            delete object;
            ++destroyed;
        }
    });
    EXPECT_EQ(destroyed, kObjects);
}

}  // namespace
}  // namespace parking_lot
