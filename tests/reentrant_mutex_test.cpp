// SPDX-License-Identifier: MIT
// ReentrantMutex: several guards of one thread, all with const access.
#include "parking_lot/reentrant_mutex.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "parking_lot/lock_all.hpp"
#include "parking_lot/lock_owned.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// Changes under the lock although it is const, as data of a reentrant mutex does.
class Journal {
  public:
    explicit Journal(std::string name = "") : name_{std::move(name)} {}
    void add(int entry) const { entries_.push_back(entry); }
    [[nodiscard]] const std::vector<int>& entries() const { return entries_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    void rename(std::string name) { name_ = std::move(name); }

  private:
    std::string name_;
    mutable std::vector<int> entries_;
};

using Journals = ReentrantMutex<Journal>;

template <class Lock>
using LockedAs = decltype(*std::declval<const decltype(std::declval<Lock&>().lock())&>());

static_assert(std::is_same_v<LockedAs<Journals>, const Journal&>);
static_assert(std::is_same_v<LockedAs<const Journals>, const Journal&>);
static_assert(std::is_same_v<Journals::Guard, ReentrantMutexGuard<Journal>>);
static_assert(std::is_same_v<Journals::Guard, Journals::ConstGuard>);
static_assert(PARKING_LOT_USE_STD || PARKING_LOT_CHECKED || sizeof(ReentrantMutex<char>) <= 24);

constinit ReentrantMutex<int> constant_initialized{7};

/// Whether another thread can lock now.
template <class T>
bool is_free_for_others(ReentrantMutex<T>& mutex) {
    bool locked = false;
    std::thread{[&]() { locked = mutex.try_lock().has_value(); }}.join();
    return locked;
}

TEST(ReentrantMutexTest, one_thread_may_hold_several_guards) {
    Journals journal{std::in_place, "log"};
    {
        auto outer = journal.lock();
        auto inner = journal.lock();
        outer->add(1);
        inner->add(2);
        EXPECT_EQ(&*outer, &*inner);
        outer.unlock();  // in any order
        EXPECT_FALSE(is_free_for_others(journal));
        EXPECT_EQ(inner->entries(), (std::vector{1, 2}));
    }
    EXPECT_TRUE(is_free_for_others(journal));
    EXPECT_FALSE(journal.is_locked());
}

TEST(ReentrantMutexTest, every_way_to_lock_nests) {
    const auto outer = constant_initialized.lock();
    EXPECT_EQ(*outer, 7);
    EXPECT_TRUE(constant_initialized.try_lock());
    EXPECT_TRUE(constant_initialized.try_lock_for(0s));
    EXPECT_TRUE(constant_initialized.try_lock_until(std::chrono::system_clock::now() - 1h));
    EXPECT_EQ(constant_initialized.with_lock([](const int& n) { return n; }), 7);
#if PARKING_LOT_HAS_STOP_TOKEN
    EXPECT_TRUE(constant_initialized.lock(std::stop_token{}));
#endif
    EXPECT_FALSE(is_free_for_others(constant_initialized));
    std::thread{[]() { EXPECT_FALSE(constant_initialized.try_lock_for(1ms)); }}.join();
}

TEST(ReentrantMutexTest, code_may_call_back_into_itself) {
    Journals journal;
    std::function<void(int)> descend = [&](int depth) {
        const auto guard = journal.lock();
        guard->add(depth);
        if (depth > 1) descend(depth - 1);
    };
    descend(4);
    EXPECT_EQ(journal.lock()->entries(), (std::vector{4, 3, 2, 1}));
    EXPECT_TRUE(is_free_for_others(journal));
}

TEST(ReentrantMutexTest, the_only_owner_has_full_access) {
    Journals journal{Journal{"old"}};
    journal.get_mut().rename("new");
    EXPECT_EQ(journal.lock()->name(), "new");
    EXPECT_EQ(std::move(journal).into_inner().name(), "new");
}

TEST(ReentrantMutexTest, an_exception_leaves_one_level) {
    Journals journal;
    const auto outer = journal.lock();
    EXPECT_THROW(journal.with_lock([](const Journal&) { throw std::runtime_error{"inside"}; }),
                 std::runtime_error);
    EXPECT_FALSE(is_free_for_others(journal));
    EXPECT_TRUE(journal.raw().is_owned_by_current_thread());
}

TEST(ReentrantMutexTest, unlocked_leaves_one_level) {
    Journals journal;
    auto outer = journal.lock();
    EXPECT_TRUE(outer.unlocked([&]() { return is_free_for_others(journal); }));
    {
        auto inner = journal.lock();
        EXPECT_FALSE(inner.unlocked([&]() { return is_free_for_others(journal); }));
        EXPECT_FALSE(inner.unlocked_fair([&]() { return is_free_for_others(journal); }));
        inner.bump();
    }
    EXPECT_FALSE(is_free_for_others(journal));
    outer.unlock_fair();
    EXPECT_TRUE(is_free_for_others(journal));
}

TEST(ReentrantMutexTest, mapped_guards_give_const_access) {
    Journals journal{std::in_place, "log"};
    const auto outer = journal.lock();
    {
        MappedReentrantMutexGuard<std::string> name =
            journal.lock().map([](const Journal& j) -> const std::string& { return j.name(); });
        EXPECT_EQ(*name, "log");
        auto entries = journal.lock().try_map([](const Journal& j) { return &j.entries(); });
        ASSERT_TRUE(entries.has_value());
        static_assert(std::is_same_v<decltype(**entries), const std::vector<int>&>);
    }
    EXPECT_FALSE(is_free_for_others(journal));
}

TEST(ReentrantMutexTest, owning_guards_keep_it_alive_and_give_const_access) {
    auto journal = std::make_shared<Journals>(std::in_place, "log");
    const std::weak_ptr<Journals> watch = journal;
    {
        OwnedReentrantMutexGuard<Journal> guard = lock_owned(journal);
        const auto again = try_lock_owned(std::move(journal));
        ASSERT_TRUE(again.has_value());
        static_assert(std::is_same_v<decltype(*guard), const Journal&>);
        EXPECT_EQ(guard->name(), "log");
    }
    EXPECT_TRUE(watch.expired());
}

TEST(ReentrantMutexTest, can_be_locked_together_with_others) {
    Journals one;
    Mutex<int> other{1};
    const auto held = one.lock();
    {
        auto [journal, number] = lock_all(one, other);
        journal->add(*number);
    }
    EXPECT_EQ(held->entries(), std::vector{1});
    EXPECT_FALSE(is_free_for_others(one));
}

TEST(ReentrantMutexTest, threads_take_turns) {
    Journals journal;
    test::run_together(4, [&](std::size_t) {
        for (int i = 0; i < 1000; ++i) {
            const auto outer = journal.lock();
            const std::size_t before = outer->entries().size();
            journal.lock()->add(i);
            journal.lock()->add(i);
            EXPECT_EQ(outer->entries().size(), before + 2);
        }
    });
    EXPECT_EQ(journal.lock()->entries().size(), 8000U);
}

}  // namespace
}  // namespace parking_lot
