// SPDX-License-Identifier: MIT
// Five thousand threads: at one lock, and each at a lock of its own.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"
#include "support/parking.hpp"

namespace parking_lot {
namespace {

constexpr std::size_t kThreads = 5000;

/// Threads with small stacks that run the same function, joined at the end of the scope.
class Crowd {
  public:
    /// Starts them, or as many as the machine allows.
    explicit Crowd(std::function<void()> function) : function_{std::move(function)} {
        pthread_attr_t attributes;
        ::pthread_attr_init(&attributes);
        ::pthread_attr_setstacksize(&attributes, std::size_t{64} << 10);
        threads_.reserve(kThreads);
        while (error_ == 0 && threads_.size() < kThreads) {
            pthread_t thread{};
            error_ = ::pthread_create(&thread, &attributes, run, this);
            if (error_ == 0) threads_.push_back(thread);
        }
        ::pthread_attr_destroy(&attributes);
    }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() {
        for (const pthread_t thread : threads_) ::pthread_join(thread, nullptr);
    }

    [[nodiscard]] std::size_t size() const { return threads_.size(); }
    [[nodiscard]] const char* error() const { return std::strerror(error_); }

  private:
    static void* run(void* self) {
        static_cast<Crowd*>(self)->function_();
        return nullptr;
    }

    std::function<void()> function_;
    std::vector<pthread_t> threads_;
    int error_ = 0;
};

template <class Lock>
struct CrowdTest : test::ParkingTest {};
using Locks = ::testing::Types<RawMutex, RawFairMutex, RawRwLock>;
TYPED_TEST_SUITE(CrowdTest, Locks);

TYPED_TEST(CrowdTest, AtOneLock) {
    TypeParam lock;
    std::size_t passed = 0;
    std::size_t started = 0;
    lock.lock();
    {
        const Crowd crowd{[&]() {
            lock.lock();
            ++passed;
            lock.unlock();
        }};
        started = crowd.size();
        test::wait_for_parked(&lock, started);
        lock.unlock();
        if (started < kThreads) {
            GTEST_SKIP() << "only " << started << " threads can be had here: " << crowd.error();
        }
    }
    EXPECT_EQ(passed, kThreads);
    EXPECT_FALSE(lock.is_locked());
}

TYPED_TEST(CrowdTest, EachAtALockOfItsOwn) {
    struct Own {
        TypeParam lock;
        bool has_passed = false;
    };
    std::vector<Own> all(kThreads);
    std::atomic<std::size_t> next{0};
    for (Own& own : all) own.lock.lock();
    {
        const Crowd crowd{[&]() {
            Own& own = all[next.fetch_add(1)];
            own.lock.lock();
            own.has_passed = true;
            own.lock.unlock();
        }};
        test::wait_until([&]() { return test::parked_anywhere() == crowd.size(); });
        for (Own& own : all) own.lock.unlock();
        if (crowd.size() < kThreads) {
            GTEST_SKIP() << "only " << crowd.size()
                         << " threads can be had here: " << crowd.error();
        }
    }
    for (const Own& own : all) EXPECT_TRUE(own.has_passed);
}

}  // namespace
}  // namespace parking_lot
