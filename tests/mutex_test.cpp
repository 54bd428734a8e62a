// SPDX-License-Identifier: MIT
// BasicMutex over every raw lock, the library's and a user's own: locking, data, const access.
#include "parking_lot/mutex.hpp"

#include <gtest/gtest.h>

#include <any>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/locks.hpp"
#include "support/manual_clock.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using std::chrono::system_clock;
using test::wait_for_waiters;

struct NoDefault {
    explicit NoDefault(int number) : value{number} {}
    int value;
};

struct Pinned {  // neither copyable nor movable
    explicit Pinned(int number, std::string text) : value{number}, name{std::move(text)} {}
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    int value;
    std::string name;
};

template <class Raw>
CONSTINIT_IF_STD_IS BasicMutex<Raw, int> constant_initialized{42};

template <class Raw>
class MutexTest : public ::testing::Test {
  protected:
    template <class T>
    using MutexOf = BasicMutex<Raw, T>;

    ~MutexTest() override { EXPECT_TRUE(mutex_.try_lock().has_value()) << "left locked"; }

    MutexOf<int> mutex_;
    const MutexOf<int>& const_mutex_ = mutex_;
};

TYPED_TEST_SUITE(MutexTest, test::RawLocksAndUsers, test::LockNames);

TYPED_TEST(MutexTest, is_neither_copyable_nor_movable) {
    using M = BasicMutex<TypeParam, std::string>;
    static_assert(!std::is_copy_constructible_v<M> && !std::is_move_constructible_v<M>);
    static_assert(!std::is_copy_assignable_v<M> && !std::is_move_assignable_v<M>);
    static_assert(std::is_same_v<typename M::RawType, TypeParam>);
    static_assert(std::is_same_v<typename M::ValueType, std::string>);
    static_assert(std::is_same_v<typename M::Guard, BasicMutexGuard<TypeParam, std::string>>);
    static_assert(!std::is_convertible_v<std::string, M>);
    static_assert(!std::is_default_constructible_v<BasicMutex<TypeParam, NoDefault>>);
}

TYPED_TEST(MutexTest, is_initialized_by_value_in_place_or_at_compile_time) {
    EXPECT_EQ(*this->mutex_.data_ptr(), 0);
    EXPECT_EQ(*constant_initialized<TypeParam>.data_ptr(), 42);
    BasicMutex<TypeParam, std::unique_ptr<int>> move_only{std::make_unique<int>(3)};
    EXPECT_EQ(*move_only.get_mut(), 3);
    BasicMutex<TypeParam, NoDefault> no_default{NoDefault{4}};
    EXPECT_EQ(no_default.lock()->value, 4);
    BasicMutex<TypeParam, std::string> in_place{std::in_place, std::size_t{3}, 'x'};
    EXPECT_EQ(in_place.get_mut(), "xxx");
    BasicMutex<TypeParam, std::any> empty{std::in_place};
    EXPECT_FALSE(empty.get_mut().has_value());
    struct Nothing {};
    BasicMutex<TypeParam, std::tuple<Nothing, const char*, unsigned>> braced({{}, nullptr, 1u});
    EXPECT_EQ(std::get<2>(braced.get_mut()), 1u);
    BasicMutex<TypeParam, Pinned> pinned{std::in_place, 5, "five"};
    EXPECT_EQ(pinned.lock()->name, "five");
    struct Aggregate {
        int first = 1;
        int second = 2;
    };
    BasicMutex<TypeParam, Aggregate> aggregate{Aggregate{.first = 7}};
    EXPECT_EQ(aggregate.get_mut().first + aggregate.get_mut().second, 9);
}

TYPED_TEST(MutexTest, lock_gives_exclusive_access_until_the_guard_dies) {
    {
        auto guard = this->mutex_.lock();
        *guard = 7;
        EXPECT_FALSE(this->mutex_.try_lock().has_value());
    }
    const auto guard = this->mutex_.try_lock();
    ASSERT_TRUE(guard.has_value());
    EXPECT_EQ(**guard, 7);
}

TYPED_TEST(MutexTest, call_on_a_temporary_guard_locks_for_that_call) {
    BasicMutex<TypeParam, std::vector<int>> numbers;
    numbers.lock()->push_back(1);
    numbers.lock()->push_back(2);
    EXPECT_EQ(numbers.lock()->size(), 2U);
}

TYPED_TEST(MutexTest, holders_exclude_each_other) {
    constexpr std::size_t kThreads = 4;
    constexpr int kRounds = 2000;
    test::run_together(kThreads, [this](std::size_t index) {
        for (int i = 0; i < kRounds; ++i) {
            if (index % 2 == 0) {
                this->mutex_.with_lock([](int& value) { ++value; });
            } else {
                auto guard = this->mutex_.lock();
                ++*guard;
            }
        }
    });
    EXPECT_EQ(this->mutex_.get_mut(), static_cast<int>(kThreads) * kRounds);
}

TYPED_TEST(MutexTest, const_mutex_gives_const_access) {
    using M = BasicMutex<TypeParam, int>;
    using ConstGuard = BasicMutexGuard<TypeParam, const int>;
    M& mutex = this->mutex_;
    const M& shared = this->const_mutex_;
    static_assert(std::is_same_v<decltype(mutex.lock()), BasicMutexGuard<TypeParam, int>>);
    static_assert(std::is_same_v<decltype(shared.lock()), ConstGuard>);
    static_assert(std::is_same_v<decltype(shared.lock(std::adopt_lock)), ConstGuard>);
    static_assert(std::is_same_v<decltype(shared.try_lock()), std::optional<ConstGuard>>);
    static_assert(std::is_same_v<decltype(shared.data_ptr()), const int*>);
    static_assert(std::is_same_v<decltype(mutex.data_ptr()), int*>);
    static_assert(std::is_same_v<decltype(*std::declval<ConstGuard&>()), const int&>);
    mutex.get_mut() = 5;
    {
        const auto guard = shared.lock();
        EXPECT_EQ(*guard, 5);
        EXPECT_FALSE(mutex.try_lock().has_value());
    }
    EXPECT_EQ(shared.with_lock([](const int& value) { return value; }), 5);
}

// ---- with_lock

TYPED_TEST(MutexTest, with_lock_returns_what_its_function_returns) {
    auto& mutex = this->mutex_;
    EXPECT_EQ(mutex.with_lock([](int& value) { return ++value; }), 1);
    auto by_reference = [](int& value) -> int& { return value; };
    static_assert(std::is_same_v<decltype(mutex.with_lock(by_reference)), int&>);
    EXPECT_EQ(&mutex.with_lock(by_reference), mutex.data_ptr());
    static_assert(std::is_void_v<decltype(mutex.with_lock([](int&) {}))>);
    EXPECT_EQ(*mutex.with_lock([](int& value) { return std::make_unique<int>(value); }), 1);
    auto generic = [](auto& value) {
        return std::is_const_v<std::remove_reference_t<decltype(value)>>;
    };
    EXPECT_FALSE(mutex.with_lock(generic));
    EXPECT_TRUE(this->const_mutex_.with_lock(generic));
}

TYPED_TEST(MutexTest, with_lock_holds_the_lock_and_releases_it_on_exceptions) {
    const auto fail = [this](int& value) {
        value = 3;
        EXPECT_FALSE(this->mutex_.try_lock().has_value());
        throw std::runtime_error{"on purpose"};
    };
    EXPECT_THROW(this->mutex_.with_lock(fail), std::runtime_error);
    const auto guard = this->mutex_.try_lock();
    ASSERT_TRUE(guard.has_value());
    EXPECT_EQ(**guard, 3);  // no poisoning
}

// ---- access without a guard

TYPED_TEST(MutexTest, get_mut_and_data_ptr_need_no_lock) {
    this->mutex_.get_mut() = 6;
    EXPECT_EQ(&this->mutex_.get_mut(), this->mutex_.data_ptr());
    EXPECT_EQ(this->const_mutex_.data_ptr(), this->mutex_.data_ptr());
    const auto guard = this->mutex_.lock();
    EXPECT_EQ(&*guard, this->mutex_.data_ptr());
    EXPECT_EQ(*guard, 6);
}

TYPED_TEST(MutexTest, into_inner_moves_the_data_out) {
    BasicMutex<TypeParam, std::unique_ptr<int>> mutex{std::make_unique<int>(3)};
    const std::unique_ptr<int> inner = std::move(mutex).into_inner();
    EXPECT_EQ(*inner, 3);
}

TYPED_TEST(MutexTest, raw_is_the_lock_under_the_data) {
    {
        const std::unique_lock lock{this->const_mutex_.raw()};
        EXPECT_FALSE(this->mutex_.try_lock().has_value());
    }
    if constexpr (RawInspectable<TypeParam>) {
        EXPECT_FALSE(this->mutex_.is_locked());
        const auto guard = this->mutex_.lock();
        EXPECT_TRUE(this->const_mutex_.is_locked());
    }
}

TYPED_TEST(MutexTest, leaked_lock_is_adopted_or_unlocked_by_force) {
    (void)this->mutex_.lock().leak();
    EXPECT_FALSE(this->mutex_.try_lock().has_value());
    this->mutex_.force_unlock();
    int& value = this->mutex_.lock().leak();
    {
        const auto guard = this->const_mutex_.lock(std::adopt_lock);
        EXPECT_EQ(&*guard, &value);
    }
    EXPECT_TRUE(this->mutex_.try_lock().has_value());
    if constexpr (RawFairLockable<TypeParam>) {
        (void)this->mutex_.lock().leak();
        this->const_mutex_.force_unlock_fair();
        EXPECT_TRUE(this->mutex_.try_lock().has_value());
    }
}

TYPED_TEST(MutexTest, has_only_the_functions_its_raw_lock_supports) {
    using M = BasicMutex<TypeParam, int>;
    static_assert(RawTimedLockable<TypeParam> == requires(M& m) { m.try_lock_for(1s); });
    static_assert(RawTimedLockable<TypeParam> ==
                  requires(M& m) { m.try_lock_until(steady_clock::now()); });
    static_assert(RawFairLockable<TypeParam> == requires(M& m) { m.force_unlock_fair(); });
    static_assert(RawInspectable<TypeParam> == requires(M& m) { m.is_locked(); });
#if PARKING_LOT_HAS_STOP_TOKEN
    static_assert(RawStoppable<TypeParam> == requires(M& m) { m.lock(std::stop_token{}); });
#endif
}

// ---- waits that give up

template <class Raw>
class TimedMutexTest : public MutexTest<Raw> {
  protected:
    /// Runs `attempt` in another thread while this one holds the lock, and unlocks once it waits.
    template <class Attempt>
    void expect_success_after_unlock(Attempt&& attempt) {
        auto guard = this->mutex_.lock();
        test::Threads waiter;
        waiter.start([&]() { EXPECT_TRUE(attempt().has_value()); });
        wait_for_waiters(this->mutex_.raw(), 1);
        guard.unlock();
    }
};

TYPED_TEST_SUITE(TimedMutexTest, test::RawLocks, test::LockNames);

TYPED_TEST(TimedMutexTest, free_lock_is_taken_whatever_the_limit) {
    auto& mutex = this->mutex_;
    using Floating = std::chrono::duration<double>;
    EXPECT_TRUE(mutex.try_lock_for(0s).has_value());
    EXPECT_TRUE(mutex.try_lock_for(-1s).has_value());
    EXPECT_TRUE(mutex.try_lock_for(std::chrono::hours::min()).has_value());
    EXPECT_TRUE(mutex.try_lock_for(std::chrono::hours::max()).has_value());
    EXPECT_TRUE(mutex.try_lock_for(Floating{-1.0}).has_value());
    EXPECT_TRUE(mutex.try_lock_for(Floating::max()).has_value());
    EXPECT_TRUE(mutex.try_lock_until(steady_clock::time_point::min()).has_value());
    EXPECT_TRUE(mutex.try_lock_until(system_clock::now() - 1h).has_value());
    EXPECT_TRUE(mutex.try_lock_until(test::ManualClock::time_point::min()).has_value());
    EXPECT_TRUE(this->const_mutex_.try_lock_for(0s).has_value());
    EXPECT_TRUE(this->const_mutex_.try_lock_until(steady_clock::time_point::max()).has_value());
}

TYPED_TEST(TimedMutexTest, held_lock_is_not_taken_once_the_limit_has_passed) {
    auto& mutex = this->mutex_;
    using Floating = std::chrono::duration<double>;
    const auto guard = mutex.lock();
    EXPECT_FALSE(mutex.try_lock_for(0s).has_value());
    EXPECT_FALSE(mutex.try_lock_for(-1s).has_value());
    EXPECT_FALSE(mutex.try_lock_for(std::chrono::nanoseconds::min()).has_value());
    EXPECT_FALSE(mutex.try_lock_for(Floating{std::numeric_limits<double>::quiet_NaN()}));
    EXPECT_FALSE(mutex.try_lock_until(steady_clock::time_point::min()).has_value());
    EXPECT_FALSE(mutex.try_lock_until(system_clock::now() - 1h).has_value());
    EXPECT_FALSE(this->const_mutex_.try_lock_for(0s).has_value());
    EXPECT_FALSE(this->const_mutex_.try_lock_until(system_clock::time_point{}).has_value());
}

TYPED_TEST(TimedMutexTest, timed_lock_waits_at_least_as_long_as_it_was_told) {
    const auto guard = this->mutex_.lock();
    const auto start = steady_clock::now();
    EXPECT_FALSE(this->mutex_.try_lock_for(20ms).has_value());
    EXPECT_GE(steady_clock::now() - start, 20ms);
    const auto limit = steady_clock::now() + std::chrono::duration<double, std::milli>{20.0};
    EXPECT_FALSE(this->mutex_.try_lock_until(limit).has_value());
    EXPECT_GE(steady_clock::now(), limit);
    const auto wall_time = system_clock::now() + 20ms;
    EXPECT_FALSE(this->const_mutex_.try_lock_until(wall_time).has_value());
    EXPECT_GE(system_clock::now(), wall_time);
}

TYPED_TEST(TimedMutexTest, unlimited_timed_lock_waits_until_the_holder_unlocks) {
    auto& mutex = this->mutex_;
    using Floating = std::chrono::duration<double>;
    const auto succeeds = [&](auto&& attempt) { this->expect_success_after_unlock(attempt); };
    succeeds([&]() { return mutex.try_lock_for(std::chrono::hours::max()); });
    succeeds([&]() { return mutex.try_lock_for(Floating::max()); });
    succeeds([&]() { return mutex.try_lock_until(steady_clock::time_point::max()); });
    succeeds([&]() { return mutex.try_lock_until(system_clock::time_point::max()); });
    succeeds([&]() { return this->const_mutex_.try_lock_for(std::chrono::minutes::max()); });
}

TYPED_TEST(TimedMutexTest, timed_lock_ends_when_the_time_has_come_on_its_own_clock) {
    using test::ManualClock;
    ManualClock::reset();
    const auto guard = this->mutex_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        EXPECT_FALSE(this->mutex_.try_lock_until(ManualClock::time_point{5ms}).has_value());
        EXPECT_GE(ManualClock::milliseconds.load(), 5);
    });
    test::wait_until([]() { return ManualClock::times_asked >= 4; });
    ManualClock::milliseconds = 5;
    waiter.join();
}

#if PARKING_LOT_HAS_STOP_TOKEN

TYPED_TEST(TimedMutexTest, stop_request_ends_the_wait_for_a_held_lock_only) {
    const auto is_stopped = [this](const auto& attempt) {
        std::stop_source source;
        const auto guard = this->mutex_.lock();
        test::Threads waiter;
        waiter.start([&]() { EXPECT_FALSE(attempt(source.get_token()).has_value()); });
        wait_for_waiters(this->mutex_.raw(), 1);
        source.request_stop();
        waiter.join();
        EXPECT_FALSE(attempt(source.get_token()).has_value());
    };
    is_stopped([this](std::stop_token stop) { return this->mutex_.lock(std::move(stop)); });
    is_stopped([this](std::stop_token stop) { return this->const_mutex_.lock(std::move(stop)); });
    std::stop_source source;
    source.request_stop();
    EXPECT_TRUE(this->mutex_.lock(source.get_token()).has_value());
}

TYPED_TEST(TimedMutexTest, stoppable_lock_without_a_stop_request_locks) {
    std::stop_source source;
    this->expect_success_after_unlock([&]() { return this->mutex_.lock(source.get_token()); });
    this->expect_success_after_unlock([&]() { return this->const_mutex_.lock(std::stop_token{}); });
}

#endif  // PARKING_LOT_HAS_STOP_TOKEN

// ---- size

#if !PARKING_LOT_CHECKED
static_assert(sizeof(BasicMutex<RawMutex, char>) == 2);
static_assert(sizeof(BasicMutex<RawMutex, std::array<char, 7>>) == 8);
static_assert(sizeof(BasicMutex<RawMutex, std::uint32_t>) == 8);
static_assert(std::is_trivially_destructible_v<BasicMutex<RawMutex, int>>);
#endif
static_assert(std::is_nothrow_default_constructible_v<BasicMutex<RawMutex, int>>);
static_assert(std::is_nothrow_constructible_v<BasicMutex<RawMutex, std::string>, std::string>);

TEST(DefaultMutexTest, is_small_and_selected_by_the_switch) {
#if PARKING_LOT_USE_STD
    static_assert(std::is_same_v<Mutex<int>::RawType, RawStdMutex>);
#else
    static_assert(std::is_same_v<Mutex<int>::RawType, RawWordMutex>);
    static_assert(PARKING_LOT_CHECKED || sizeof(Mutex<std::uint32_t>) == 8);
    static_assert(PARKING_LOT_CHECKED || sizeof(Mutex<std::uint64_t>) <= 16);
#endif
    static_assert(std::is_same_v<decltype(std::declval<Mutex<int>&>().lock()), MutexGuard<int>>);
    static_assert(
        std::is_same_v<decltype(std::declval<const Mutex<int>&>().lock()), MutexGuard<const int>>);
    Mutex<int> mutex{3};
    EXPECT_EQ(mutex.with_lock([](int value) { return value; }), 3);
}

}  // namespace
}  // namespace parking_lot
