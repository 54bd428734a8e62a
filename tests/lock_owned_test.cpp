// SPDX-License-Identifier: MIT
// lock_owned and its family: guards that keep their mutex alive.
#include "parking_lot/lock_owned.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

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

struct Engine {
    int speed = 1;
    std::string name = "engine";
};

using EngineMutex = Mutex<Engine>;
using EngineGuard = OwnedMutexGuard<Engine>;

static_assert(std::is_nothrow_move_constructible_v<EngineGuard>);
static_assert(!std::is_copy_constructible_v<EngineGuard>);
static_assert(sizeof(EngineGuard) == 3 * sizeof(void*));
static_assert(std::is_same_v<decltype(lock_owned(std::shared_ptr<const EngineMutex>{})),
                             OwnedMutexGuard<const Engine>>);
static_assert(
    std::is_same_v<decltype(*std::declval<OwnedMutexGuard<const Engine>&>()), const Engine&>);

class LockOwnedTest : public ::testing::Test {
  protected:
    std::shared_ptr<EngineMutex> mutex_ = std::make_shared<EngineMutex>();
    std::weak_ptr<EngineMutex> alive_ = mutex_;
};

TEST_F(LockOwnedTest, guard_shares_the_mutex_for_its_life) {
    {
        const EngineGuard guard = lock_owned(mutex_);
        EXPECT_EQ(mutex_.use_count(), 2);
        EXPECT_TRUE(mutex_->is_locked());
        EXPECT_EQ(&guard.mutex(), mutex_.get());
        guard->speed = 3;
    }
    EXPECT_EQ(mutex_.use_count(), 1);
    EXPECT_FALSE(mutex_->is_locked());
    EXPECT_EQ(mutex_->lock()->speed, 3);
}

TEST_F(LockOwnedTest, guard_outlives_every_other_owner) {
    EngineGuard guard = lock_owned(std::move(mutex_));
    EXPECT_EQ(alive_.use_count(), 1);
    guard->name = "still here";
    EXPECT_EQ(guard->name, "still here");
    guard.unlock();
    EXPECT_TRUE(alive_.expired());
}

TEST_F(LockOwnedTest, every_way_to_unlock_gives_the_share_back) {
    lock_owned(mutex_).unlock();
    EXPECT_EQ(mutex_.use_count(), 1);
    lock_owned(mutex_).unlock_fair();
    EXPECT_EQ(mutex_.use_count(), 1);
    auto first = lock_owned(mutex_);
    auto second = std::move(first);
    EXPECT_EQ(mutex_.use_count(), 2);
    second = lock_owned(std::make_shared<EngineMutex>());
    EXPECT_EQ(mutex_.use_count(), 1);
    EXPECT_FALSE(mutex_->is_locked());
}

TEST_F(LockOwnedTest, last_guard_destroys_the_mutex_on_each_way_out) {
    (void)lock_owned(std::move(mutex_));
    EXPECT_TRUE(alive_.expired());
    mutex_ = std::make_shared<EngineMutex>();
    alive_ = mutex_;
    lock_owned(std::move(mutex_)).unlock_fair();
    EXPECT_TRUE(alive_.expired());
    mutex_ = std::make_shared<EngineMutex>();
    alive_ = mutex_;
    auto guard = lock_owned(std::move(mutex_));
    guard = lock_owned(std::make_shared<EngineMutex>());
    EXPECT_TRUE(alive_.expired());
}

TEST_F(LockOwnedTest, unlocked_and_bump_keep_the_share) {
    EngineMutex& mutex = *mutex_;
    EngineGuard guard = lock_owned(std::move(mutex_));
    guard.unlocked([&]() {
        EXPECT_EQ(alive_.use_count(), 1);
        EXPECT_FALSE(mutex.is_locked());
    });
    guard.unlocked_fair([&]() { mutex.lock()->speed = 4; });
    EXPECT_THROW(guard.unlocked([]() { throw std::runtime_error{"on purpose"}; }),
                 std::runtime_error);
    guard.bump();
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_EQ(guard->speed, 4);
    EXPECT_TRUE(guard.mutex().is_locked());
}

TEST_F(LockOwnedTest, mapped_guard_keeps_the_mutex_alive) {
    const EngineMutex& mutex = *mutex_;
    MappedOwnedMutexGuard<std::string> name = lock_owned(std::move(mutex_)).map(&Engine::name);
    EXPECT_EQ(alive_.use_count(), 1);
    EXPECT_EQ(*name, "engine");
    auto letter = std::move(name).map([](std::string& text) -> char& { return text[0]; });
    EXPECT_EQ(alive_.use_count(), 1);
    EXPECT_EQ(*letter, 'e');
    EXPECT_TRUE(mutex.is_locked());
    letter.unlock();
    EXPECT_TRUE(alive_.expired());
}

TEST_F(LockOwnedTest, try_map_keeps_the_guard_or_moves_the_share) {
    EngineGuard guard = lock_owned(std::move(mutex_));
    EXPECT_FALSE(std::move(guard).try_map([](Engine&) -> int* { return nullptr; }).has_value());
    // NOLINTBEGIN(bugprone-use-after-move): documented
    EXPECT_TRUE(guard.owns_lock());
    auto speed = std::move(guard).try_map([](Engine& engine) { return &engine.speed; });
    EXPECT_FALSE(guard.owns_lock());
    // NOLINTEND(bugprone-use-after-move)
    ASSERT_TRUE(speed.has_value());
    EXPECT_EQ(alive_.use_count(), 1);
    speed.reset();
    EXPECT_TRUE(alive_.expired());
}

TEST_F(LockOwnedTest, map_that_throws_releases_lock_and_share) {
    EXPECT_THROW((void)lock_owned(mutex_).map(
                     [](Engine&) -> int& { throw std::runtime_error{"on purpose"}; }),
                 std::runtime_error);
    EXPECT_FALSE(mutex_->is_locked());
    EXPECT_EQ(mutex_.use_count(), 1);
}

TEST_F(LockOwnedTest, const_mutex_gives_const_access) {
    const std::shared_ptr<const EngineMutex> shared = mutex_;
    const OwnedMutexGuard<const Engine> guard = lock_owned(shared);
    EXPECT_EQ(guard->speed, 1);
    EXPECT_FALSE(try_lock_owned(shared).has_value());
}

#if !PARKING_LOT_USE_STD  // std::mutex must be unlocked where it was locked
TEST_F(LockOwnedTest, guard_ends_in_another_thread_as_the_last_owner) {
    std::thread{[guard = lock_owned(std::move(mutex_))]() mutable {
        guard->speed = 8;
        guard.unlock();
    }}.join();
    EXPECT_TRUE(alive_.expired());
}
#endif

// ---- tries that fail give nothing, and no share

TEST_F(LockOwnedTest, try_lock_owned_takes_a_free_lock_only) {
    const std::optional<EngineGuard> guard = try_lock_owned(mutex_);
    ASSERT_TRUE(guard.has_value());
    EXPECT_FALSE(try_lock_owned(mutex_).has_value());
    EXPECT_EQ(mutex_.use_count(), 2);
}

TEST_F(LockOwnedTest, timed_forms_take_a_free_lock_whatever_the_limit) {
    EXPECT_TRUE(try_lock_owned_for(mutex_, 0s).has_value());
    EXPECT_TRUE(try_lock_owned_for(mutex_, -1h).has_value());
    EXPECT_TRUE(try_lock_owned_for(mutex_, std::chrono::hours::max()).has_value());
    EXPECT_TRUE(try_lock_owned_until(mutex_, steady_clock::time_point::min()).has_value());
    EXPECT_TRUE(try_lock_owned_until(mutex_, steady_clock::time_point::max()).has_value());
    EXPECT_TRUE(
        try_lock_owned_until(mutex_, std::chrono::system_clock::time_point::min()).has_value());
    EXPECT_TRUE(try_lock_owned_until(mutex_, test::ManualClock::time_point::min()).has_value());
    EXPECT_EQ(mutex_.use_count(), 1);
}

TEST_F(LockOwnedTest, timed_forms_give_up_on_a_held_lock) {
    const auto held = mutex_->lock();
    EXPECT_FALSE(try_lock_owned_for(mutex_, 0s).has_value());
    EXPECT_FALSE(try_lock_owned_until(mutex_, steady_clock::now() - 1h).has_value());
    const auto start = steady_clock::now();
    EXPECT_FALSE(try_lock_owned_for(mutex_, 20ms).has_value());
    EXPECT_GE(steady_clock::now() - start, 20ms);
    const auto limit = steady_clock::now() + 20ms;
    EXPECT_FALSE(try_lock_owned_until(mutex_, limit).has_value());
    EXPECT_GE(steady_clock::now(), limit);
    EXPECT_EQ(mutex_.use_count(), 1);
}

TEST_F(LockOwnedTest, waiters_get_the_lock_when_it_is_released) {
    auto held = mutex_->lock();
    test::Threads waiters;
    waiters.start([this]() { ++lock_owned(mutex_)->speed; });
    waiters.start([this]() {
        const auto guard = try_lock_owned_for(mutex_, std::chrono::hours::max());
        ++(*guard)->speed;
    });
    waiters.start([this]() {
        const auto guard = try_lock_owned_until(mutex_, steady_clock::time_point::max());
        ++(*guard)->speed;
    });
    test::wait_for_waiters(mutex_->raw(), 3);
    held.unlock();
    waiters.join();
    EXPECT_EQ(mutex_->get_mut().speed, 4);
    EXPECT_EQ(mutex_.use_count(), 1);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST_F(LockOwnedTest, stop_request_ends_the_wait_for_a_held_lock_only) {
    std::stop_source source;
    {
        const auto held = mutex_->lock();
        test::Threads waiter;
        waiter.start([&]() { EXPECT_FALSE(lock_owned(mutex_, source.get_token()).has_value()); });
        test::wait_for_waiters(mutex_->raw(), 1);
        source.request_stop();
    }
    EXPECT_TRUE(lock_owned(mutex_, source.get_token()).has_value());
    EXPECT_EQ(mutex_.use_count(), 1);
}
#endif

}  // namespace
}  // namespace parking_lot
