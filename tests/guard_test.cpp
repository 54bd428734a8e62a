// SPDX-License-Identifier: MIT
// Guards: access, ownership, early unlock, mapping, and what exceptions leave behind.
#include "parking_lot/guard.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "parking_lot/mutex.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

struct Engine {
    int speed = 1;
    std::string name = "engine";
};

using EngineGuard = MutexGuard<Engine>;
using ConstEngineGuard = MutexGuard<const Engine>;
using NameGuard = MappedMutexGuard<std::string>;

static_assert(std::is_nothrow_move_constructible_v<EngineGuard>);
static_assert(std::is_nothrow_move_assignable_v<EngineGuard>);
static_assert(!std::is_copy_constructible_v<EngineGuard>);
static_assert(!std::is_copy_assignable_v<EngineGuard>);
static_assert(!std::is_default_constructible_v<EngineGuard>);
static_assert(sizeof(EngineGuard) == 2 * sizeof(void*));
static_assert(std::is_same_v<decltype(*std::declval<EngineGuard&>()), Engine&>);
static_assert(std::is_same_v<decltype(*std::declval<const EngineGuard&>()), Engine&>);
static_assert(std::is_same_v<decltype(*std::declval<ConstEngineGuard&>()), const Engine&>);
static_assert(
    std::is_same_v<decltype(std::declval<ConstEngineGuard&>().mutex()), const Mutex<Engine>&>);

template <class Guard>
concept Dereferenceable = requires(Guard&& guard) { *std::forward<Guard>(guard); };
template <class Guard>
concept HasUnlocked = requires(Guard& guard) { guard.unlocked([]() {}); };
template <class Guard>
concept HasUnlockedFair = requires(Guard& guard) { guard.unlocked_fair([]() {}); };
template <class Guard>
concept HasUnlockFair = requires(Guard& guard) { guard.unlock_fair(); };
template <class Guard>
concept HasBump = requires(Guard& guard) { guard.bump(); };
template <class Guard>
concept HasMutex = requires(Guard& guard) { guard.mutex(); };
template <class Guard>
concept HasLeak = requires(Guard&& guard) { std::move(guard).leak(); };

// A temporary guard must not be dereferenced: the reference would outlive the lock.
static_assert(Dereferenceable<EngineGuard&> && Dereferenceable<const EngineGuard&>);
static_assert(!Dereferenceable<EngineGuard> && !Dereferenceable<const EngineGuard>);
// A mapped guard cannot relock, so it can do nothing that would.
static_assert(HasUnlocked<EngineGuard> && HasUnlockedFair<EngineGuard> && HasBump<EngineGuard>);
static_assert(!HasUnlocked<NameGuard> && !HasUnlockedFair<NameGuard> && !HasBump<NameGuard>);
static_assert(HasMutex<EngineGuard> && !HasMutex<NameGuard>);
static_assert(HasUnlockFair<EngineGuard> && HasUnlockFair<NameGuard>);
// To leak an owning guard would leak its share of the mutex, too.
static_assert(HasLeak<EngineGuard> && HasLeak<NameGuard> && !HasLeak<OwnedMutexGuard<Engine>>);
// What the raw lock cannot do, the guard does not offer.
using PlainGuard = BasicMutexGuard<test::SpinLock, Engine>;
static_assert(HasUnlocked<PlainGuard> && !HasUnlockedFair<PlainGuard>);
static_assert(!HasUnlockFair<PlainGuard> && !HasBump<PlainGuard>);

class GuardTest : public ::testing::Test {
  protected:
    ~GuardTest() override { EXPECT_FALSE(mutex_.is_locked()); }

    Mutex<Engine> mutex_;
};

TEST_F(GuardTest, gives_access_until_the_end_of_the_scope) {
    {
        const auto guard = mutex_.lock();
        guard->speed = 5;
        (*guard).name += "!";
        EXPECT_TRUE(mutex_.is_locked());
        EXPECT_TRUE(guard.owns_lock());
        EXPECT_TRUE(static_cast<bool>(guard));
        EXPECT_EQ(&guard.mutex(), &mutex_);
        EXPECT_EQ(&guard.raw(), &mutex_.raw());
    }
    EXPECT_FALSE(mutex_.is_locked());
    EXPECT_EQ(mutex_.lock()->speed, 5);
    EXPECT_EQ(mutex_.lock()->name, "engine!");
}

TEST_F(GuardTest, moved_from_guard_is_empty) {
    auto first = mutex_.lock();
    auto second = std::move(first);
    EXPECT_FALSE(first.owns_lock());  // NOLINT(bugprone-use-after-move): documented
    EXPECT_TRUE(second.owns_lock());
    EXPECT_TRUE(mutex_.is_locked());
    second->speed = 2;
}

TEST_F(GuardTest, move_assignment_unlocks_what_the_guard_held) {
    Mutex<Engine> other;
    auto guard = mutex_.lock();
    guard = other.lock();
    EXPECT_FALSE(mutex_.is_locked());
    EXPECT_TRUE(other.is_locked());
    EXPECT_EQ(&guard.mutex(), &other);
    guard.unlock();
    guard = mutex_.lock();  // into an empty guard
    EXPECT_FALSE(other.is_locked());
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, assignment_to_itself_changes_nothing) {
    auto guard = mutex_.lock();
    auto& itself = guard;
    guard = std::move(itself);
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_TRUE(mutex_.is_locked());
    EXPECT_EQ(guard->speed, 1);
}

TEST_F(GuardTest, assignment_of_an_empty_guard_unlocks) {
    Mutex<Engine> other;
    auto empty = other.lock();
    empty.unlock();
    auto guard = mutex_.lock();
    guard = std::move(empty);
    EXPECT_FALSE(guard.owns_lock());
    EXPECT_FALSE(mutex_.is_locked());
}

TEST_F(GuardTest, unlock_empties_the_guard) {
    auto guard = mutex_.lock();
    guard.unlock();
    EXPECT_FALSE(guard.owns_lock());
    EXPECT_TRUE(mutex_.try_lock().has_value());
    auto fair = mutex_.lock();
    fair.unlock_fair();
    EXPECT_FALSE(fair.owns_lock());
    EXPECT_TRUE(mutex_.try_lock().has_value());
}

TEST_F(GuardTest, lives_in_an_optional) {
    std::optional<EngineGuard> guard = mutex_.try_lock();
    ASSERT_TRUE(guard.has_value());
    (*guard)->speed = 9;
    EXPECT_EQ((**guard).speed, 9);
    EXPECT_FALSE(mutex_.try_lock().has_value());
    guard.reset();
    EXPECT_FALSE(mutex_.is_locked());
    guard.emplace(mutex_.lock());
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, moves_through_containers_and_functions) {
    std::vector<Mutex<int>> mutexes(4);
    std::vector<MutexGuard<int>> guards;
    for (auto& mutex : mutexes) guards.push_back(mutex.lock());
    for (const auto& mutex : mutexes) EXPECT_TRUE(mutex.is_locked());
    guards.clear();
    for (const auto& mutex : mutexes) EXPECT_FALSE(mutex.is_locked());
    const auto relay = [](EngineGuard guard) { return guard; };
    const EngineGuard relayed = relay(mutex_.lock());
    EXPECT_TRUE(relayed.owns_lock());
}

#if !PARKING_LOT_USE_STD  // std::mutex must be unlocked where it was locked
TEST_F(GuardTest, unlocks_in_the_thread_it_was_moved_to) {
    for (int round = 0; round < 2; ++round) {
        auto guard = mutex_.lock();
        std::thread{[moved = std::move(guard)]() mutable {
            ++moved->speed;
            moved.unlock();
        }}.join();
        EXPECT_FALSE(mutex_.is_locked());
    }
    EXPECT_EQ(mutex_.lock()->speed, 3);
}
#endif

// ---- unlocked, bump

TEST_F(GuardTest, unlocked_frees_the_lock_for_the_call) {
    auto guard = mutex_.lock();
    const int result = guard.unlocked([this]() {
        EXPECT_FALSE(mutex_.is_locked());
        mutex_.lock()->speed = 7;
        return 3;
    });
    EXPECT_EQ(result, 3);
    EXPECT_TRUE(mutex_.is_locked());
    EXPECT_EQ(guard->speed, 7);
    const int fair_result = guard.unlocked_fair([this]() { return mutex_.lock()->speed; });
    EXPECT_EQ(fair_result, 7);
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, unlocked_returns_references_and_move_only_values) {
    auto guard = mutex_.lock();
    int elsewhere = 0;
    static_assert(
        std::is_same_v<decltype(guard.unlocked([&]() -> int& { return elsewhere; })), int&>);
    EXPECT_EQ(&guard.unlocked([&]() -> int& { return elsewhere; }), &elsewhere);
    EXPECT_EQ(*guard.unlocked([]() { return std::make_unique<int>(4); }), 4);
    EXPECT_EQ(*guard.unlocked_fair([]() { return std::make_unique<int>(5); }), 5);
}

TEST_F(GuardTest, unlocked_relocks_when_its_function_throws) {
    auto guard = mutex_.lock();
    EXPECT_THROW(guard.unlocked([]() { throw std::runtime_error{"on purpose"}; }),
                 std::runtime_error);
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_TRUE(mutex_.is_locked());
    EXPECT_THROW(guard.unlocked_fair([]() { throw std::runtime_error{"on purpose"}; }),
                 std::runtime_error);
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, unlocked_lets_another_thread_in) {
    auto guard = mutex_.lock();
    test::Threads other;
    std::atomic<bool> had_it{false};
    other.start([&]() {
        mutex_.lock()->speed = 11;
        had_it = true;
    });
    guard.unlocked([&]() { test::wait_until([&]() { return had_it.load(); }); });
    EXPECT_EQ(guard->speed, 11);
}

TEST_F(GuardTest, bump_keeps_the_lock_when_nobody_waits) {
    auto guard = mutex_.lock();
    guard.bump();
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_TRUE(mutex_.is_locked());
}

#if !PARKING_LOT_USE_STD
TEST_F(GuardTest, bump_and_unlocked_fair_let_the_waiter_in) {
    auto guard = mutex_.lock();
    for (int round = 1; round <= 10; ++round) {
        test::Threads waiter;
        waiter.start([&]() { ++mutex_.lock()->speed; });
        test::wait_for_parked(&mutex_.raw(), 1);
        if (round % 2 == 0) {
            guard.bump();
        } else {
            guard.unlocked_fair([]() {});
        }
        EXPECT_EQ(guard->speed, 1 + round);
    }
}

TEST_F(GuardTest, unlock_fair_hands_the_lock_to_the_waiter) {
    std::atomic<bool> may_unlock{false};
    auto guard = mutex_.lock();
    test::Threads waiter;
    waiter.start([&]() {
        const auto own = mutex_.lock();
        test::wait_until([&]() { return may_unlock.load(); });
    });
    test::wait_for_parked(&mutex_.raw(), 1);
    guard.unlock_fair();
    EXPECT_FALSE(mutex_.try_lock().has_value());
    may_unlock = true;
}
#endif

// ---- map, try_map, leak

TEST_F(GuardTest, map_narrows_the_guard_to_a_part) {
    auto guard = mutex_.lock();
    NameGuard name =
        std::move(guard).map([](Engine& engine) -> std::string& { return engine.name; });
    EXPECT_FALSE(guard.owns_lock());  // NOLINT(bugprone-use-after-move): documented
    EXPECT_TRUE(mutex_.is_locked());
    EXPECT_EQ(&name.raw(), &mutex_.raw());
    *name = "part";
    auto letter = std::move(name).map([](std::string& text) -> char& { return text[0]; });
    *letter = 'P';
    letter.unlock();
    EXPECT_EQ(mutex_.lock()->name, "Part");
}

TEST_F(GuardTest, map_takes_a_member_pointer) {
    auto speed = mutex_.lock().map(&Engine::speed);
    static_assert(std::is_same_v<decltype(speed), MappedMutexGuard<int>>);
    *speed = 8;
    speed.unlock_fair();
    EXPECT_EQ(mutex_.lock()->speed, 8);
}

TEST_F(GuardTest, map_of_a_const_guard_stays_const) {
    const Mutex<Engine>& shared = mutex_;
    auto name = shared.lock().map(&Engine::name);
    static_assert(std::is_same_v<decltype(*name), const std::string&>);
    EXPECT_EQ(*name, "engine");
}

TEST_F(GuardTest, map_releases_the_lock_when_its_function_throws) {
    auto guard = mutex_.lock();
    EXPECT_THROW(
        (void)std::move(guard).map([](Engine&) -> int& { throw std::runtime_error{"on purpose"}; }),
        std::runtime_error);
    EXPECT_FALSE(guard.owns_lock());  // NOLINT(bugprone-use-after-move): documented
    EXPECT_FALSE(mutex_.is_locked());
}

TEST_F(GuardTest, try_map_narrows_or_keeps_the_guard) {
    auto guard = mutex_.lock();
    EXPECT_FALSE(std::move(guard).try_map([](Engine&) -> int* { return nullptr; }).has_value());
    // NOLINTBEGIN(bugprone-use-after-move): documented
    EXPECT_TRUE(guard.owns_lock());
    guard->speed = 4;
    std::optional<MappedMutexGuard<int>> speed =
        std::move(guard).try_map([](Engine& engine) { return &engine.speed; });
    EXPECT_FALSE(guard.owns_lock());
    // NOLINTEND(bugprone-use-after-move)
    ASSERT_TRUE(speed.has_value());
    EXPECT_EQ(**speed, 4);
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, try_map_keeps_the_guard_when_its_function_throws) {
    auto guard = mutex_.lock();
    EXPECT_THROW((void)std::move(guard).try_map(
                     [](Engine&) -> int* { throw std::runtime_error{"on purpose"}; }),
                 std::runtime_error);
    EXPECT_TRUE(guard.owns_lock());  // NOLINT(bugprone-use-after-move): documented
    EXPECT_TRUE(mutex_.is_locked());
}

TEST_F(GuardTest, leak_keeps_the_lock_for_ever) {
    Engine& engine = mutex_.lock().leak();
    EXPECT_TRUE(mutex_.is_locked());
    EXPECT_EQ(&engine, mutex_.data_ptr());
    {
        const auto readopted = mutex_.lock(std::adopt_lock);
        EXPECT_EQ(&*readopted, &engine);
    }
    EXPECT_FALSE(mutex_.is_locked());
    int& speed = mutex_.lock().map(&Engine::speed).leak();
    EXPECT_EQ(&speed, &engine.speed);
    mutex_.force_unlock();
}

TEST_F(GuardTest, stack_unwinding_unlocks) {
    const auto fail_while_locked = [this]() {
        const auto guard = mutex_.lock();
        throw std::runtime_error{"on purpose"};
    };
    EXPECT_THROW(fail_while_locked(), std::runtime_error);
    EXPECT_FALSE(mutex_.is_locked());
}

// ---- a guard inside the data of another

struct Node {
    int value = 0;
    std::unique_ptr<MutexGuard<Node>> next;
};

TEST(GuardChainTest, guard_is_assigned_from_one_inside_the_data_it_protects) {
    Mutex<Node> first;
    Mutex<Node> second{Node{2, nullptr}};
    auto guard = first.lock();
    guard->next = std::make_unique<MutexGuard<Node>>(second.lock());
    guard = std::move(*guard->next);
    EXPECT_FALSE(first.is_locked());
    EXPECT_TRUE(second.is_locked());
    EXPECT_EQ(guard->value, 2);
}

struct OwnedNode {
    int value = 0;
    std::unique_ptr<OwnedMutexGuard<OwnedNode>> next;
};

TEST(GuardChainTest, owned_guard_is_assigned_from_one_that_dies_with_the_old_mutex) {
    auto first = std::make_shared<Mutex<OwnedNode>>();
    auto second = std::make_shared<Mutex<OwnedNode>>(OwnedNode{2, nullptr});
    const auto adopt = [](std::shared_ptr<Mutex<OwnedNode>> mutex) {
        mutex->raw().lock();
        OwnedNode& data = *mutex->data_ptr();
        return OwnedMutexGuard<OwnedNode>{std::adopt_lock, std::move(mutex), data};
    };
    auto guard = adopt(std::move(first));  // the only share of the first mutex
    guard->next = std::make_unique<OwnedMutexGuard<OwnedNode>>(adopt(second));
    guard = std::move(*guard->next);
    EXPECT_TRUE(second->is_locked());
    ASSERT_TRUE(guard.owns_lock());
    EXPECT_EQ(guard->value, 2);
    guard.unlock();
    EXPECT_FALSE(second->is_locked());
    EXPECT_EQ(second.use_count(), 1);
}

}  // namespace
}  // namespace parking_lot
