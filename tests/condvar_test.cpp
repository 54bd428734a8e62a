// SPDX-License-Identifier: MIT
// Condvar with every kind of guard: notifications, limits, predicates, and where notified threads
// go.
#include "parking_lot/condvar.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/lock_owned.hpp"
#include "parking_lot/raw_fair_mutex.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/reentrant_mutex.hpp"
#include "parking_lot/rwlock.hpp"
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
using test::ManualClock;

constexpr bool kParking = !PARKING_LOT_USE_STD;  // whether the condition variable is our own

#if !PARKING_LOT_USE_STD
constinit
#endif
    Condvar at_namespace_scope;

/// A kind of lock and of guard: guard() locks, address() is where threads wait for the lock.
template <class Lock>
struct Plain {
    auto guard() { return lock.lock(); }
    const void* address() const { return &lock.raw(); }
    static constexpr bool kMoves = test::kParks<typename Lock::RawType>;
    Lock lock{0};
};

struct OfMutex : Plain<Mutex<int>> {};
struct OfFairMutex : Plain<FairMutex<int>> {};
struct OfByteMutex : Plain<BasicMutex<RawMutex, int>> {};
struct OfUsersLock : Plain<BasicMutex<test::SpinLock, int>> {};

struct OfReentrantMutex : Plain<ReentrantMutex<int>> {};

struct OfRwLock : Plain<RwLock<int>> {
    auto guard() { return lock.write(); }
};

struct Mapped : Plain<Mutex<int>> {
    auto guard() {
        return lock.lock().map([](int& value) -> int& { return value; });
    }
};

struct Owned {
    auto guard() { return lock_owned(lock); }
    const void* address() const { return &lock->raw(); }
    static constexpr bool kMoves = Plain<Mutex<int>>::kMoves;
    std::shared_ptr<Mutex<int>> lock = std::make_shared<Mutex<int>>(0);
};

template <class Raw>
struct Unique {
    auto guard() { return std::unique_lock{raw}; }
    const void* address() const { return &raw; }
    static constexpr bool kMoves = test::kParks<Raw>;
    Raw raw{};
};

struct OfRawFairMutex : Unique<RawFairMutex> {};
struct OfStdMutex : Unique<std::mutex> {};

template <class Kind>
class CondvarTest : public ::testing::Test {
  protected:
    static constexpr bool kMoves = kParking && Kind::kMoves;

    ~CondvarTest() override {
        threads_.join();
        EXPECT_EQ(test::parked_anywhere(), 0U);
        EXPECT_FALSE(condvar_.notify_one());
    }

    /// Starts a thread that locks and calls `wait(guard)`; returns once it waits.
    template <class Wait>
    void start_waiting(Wait wait) {
        const int before = waiting_;
        threads_.start([this, wait]() {
            auto guard = kind_.guard();
            ++waiting_;
            wait(guard);
            EXPECT_TRUE(guard.owns_lock());
            EXPECT_EQ(inside_.fetch_add(1), 0);
            inside_.fetch_sub(1);
            ++returned_;
        });
        wait_for_waiting(before + 1);
    }

    /// Threads count themselves with the lock held, so once it can be had, they wait.
    void wait_for_waiting(int count) {
        test::wait_until([=, this]() { return waiting_ >= count; });
        const auto guard = kind_.guard();
    }

    void wait_for_returned(int count) {
        test::wait_until([=, this]() { return returned_ >= count; });
    }

    Kind kind_;
    Condvar condvar_;
    test::Threads threads_;
    std::atomic<int> waiting_{0};
    std::atomic<int> returned_{0};
    std::atomic<int> inside_{0};
};

using Kinds = ::testing::Types<OfMutex, OfFairMutex, OfRwLock, OfReentrantMutex, Mapped, Owned,
                               OfRawFairMutex, OfUsersLock, OfStdMutex>;
struct KindNames {
    template <class Kind>
    static std::string GetName(int) {
        if constexpr (std::is_same_v<Kind, OfMutex>) return "Mutex";
        if constexpr (std::is_same_v<Kind, OfFairMutex>) return "FairMutex";
        if constexpr (std::is_same_v<Kind, OfByteMutex>) return "ByteMutex";
        if constexpr (std::is_same_v<Kind, OfRwLock>) return "RwLockForWriting";
        if constexpr (std::is_same_v<Kind, OfReentrantMutex>) return "ReentrantMutex";
        if constexpr (std::is_same_v<Kind, Mapped>) return "Mapped";
        if constexpr (std::is_same_v<Kind, Owned>) return "Owned";
        if constexpr (std::is_same_v<Kind, OfRawFairMutex>) return "UniqueLockRawFairMutex";
        if constexpr (std::is_same_v<Kind, OfUsersLock>) return "UsersLock";
        return "UniqueLockStdMutex";
    }
};
TYPED_TEST_SUITE(CondvarTest, Kinds, KindNames);

TYPED_TEST(CondvarTest, notify_one_ends_one_wait) {
    for (int i = 0; i < 3; ++i) this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    for (int i = 1; i <= 3; ++i) {
        EXPECT_TRUE(this->condvar_.notify_one());
        this->wait_for_returned(i);
        if (kParking) {
            EXPECT_EQ(test::parked_at(&this->condvar_), static_cast<std::size_t>(3 - i));
        }
    }
    EXPECT_FALSE(this->condvar_.notify_one());
}

TYPED_TEST(CondvarTest, notify_all_ends_all_waits) {
    for (int i = 0; i < 5; ++i) this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    EXPECT_EQ(this->condvar_.notify_all(), 5U);
    this->wait_for_returned(5);
    EXPECT_EQ(this->condvar_.notify_all(), 0U);
}

TYPED_TEST(CondvarTest, notifications_are_not_kept) {
    EXPECT_FALSE(this->condvar_.notify_one());
    EXPECT_EQ(this->condvar_.notify_all(), 0U);
    auto guard = this->kind_.guard();
    EXPECT_FALSE(this->condvar_.wait_for(guard, 1ms));
}

TYPED_TEST(CondvarTest, waits_for_its_lock_when_notified_while_it_is_held) {
    this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    {
        const auto guard = this->kind_.guard();
        EXPECT_EQ(this->inside_.fetch_add(1), 0);
        EXPECT_TRUE(this->condvar_.notify_one());
        std::this_thread::sleep_for(2ms);  // a waiter that returned now would see inside_ != 0
        this->inside_.fetch_sub(1);
    }
    this->wait_for_returned(1);
}

TYPED_TEST(CondvarTest, others_may_take_the_lock_before_the_notified) {
    for (int i = 0; i < 4; ++i) this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    EXPECT_EQ(this->condvar_.notify_all(), 4U);
    for (int i = 0; i < 100; ++i) const auto guard = this->kind_.guard();
    this->wait_for_returned(4);
}

TYPED_TEST(CondvarTest, times_out_not_before_its_time) {
    auto guard = this->kind_.guard();
    const auto start = steady_clock::now();
    EXPECT_FALSE(this->condvar_.wait_for(guard, 20ms));
    EXPECT_GE(steady_clock::now() - start, 20ms);
    EXPECT_FALSE(this->condvar_.wait_until(guard, start + 40ms));
    EXPECT_GE(steady_clock::now() - start, 40ms);
    EXPECT_FALSE(this->condvar_.wait_until(guard, Deadline::after(1ms)));
    const auto time = system_clock::now() + 5ms;
    EXPECT_FALSE(this->condvar_.wait_until(guard, time));
    EXPECT_GE(system_clock::now(), time);
    EXPECT_TRUE(guard.owns_lock());
}

TYPED_TEST(CondvarTest, takes_any_time) {
    auto guard = this->kind_.guard();
    EXPECT_FALSE(this->condvar_.wait_for(guard, 0s));
    EXPECT_FALSE(this->condvar_.wait_for(guard, -1h));
    EXPECT_FALSE(this->condvar_.wait_for(guard, std::chrono::nanoseconds::min()));
    EXPECT_FALSE(this->condvar_.wait_for(guard, std::chrono::duration<double>{1e-3}));
    EXPECT_FALSE(this->condvar_.wait_until(guard, steady_clock::time_point::min()));
    EXPECT_FALSE(this->condvar_.wait_until(guard, system_clock::time_point::min()));
    EXPECT_FALSE(this->condvar_.wait_until(guard, steady_clock::now() - 1s));
    EXPECT_FALSE(this->condvar_.wait_until(guard, Deadline::passed()));
}

TYPED_TEST(CondvarTest, the_longest_times_are_never) {
    std::atomic<int> notified{0};
    auto count_if = [&](bool was_notified) { notified += was_notified ? 1 : 0; };
    this->start_waiting([&, this](auto& g) {
        count_if(this->condvar_.wait_for(g, std::chrono::nanoseconds::max()));
    });
    this->start_waiting(
        [&, this](auto& g) { count_if(this->condvar_.wait_for(g, std::chrono::hours::max())); });
    this->start_waiting([&, this](auto& g) {
        count_if(this->condvar_.wait_until(g, steady_clock::time_point::max()));
    });
    this->start_waiting([&, this](auto& g) {
        count_if(this->condvar_.wait_until(g, system_clock::time_point::max()));
    });
    EXPECT_EQ(this->condvar_.notify_all(), 4U);
    this->wait_for_returned(4);
    EXPECT_EQ(notified, 4);
}

TYPED_TEST(CondvarTest, predicate_is_asked_first) {
    auto guard = this->kind_.guard();
    this->condvar_.wait(guard, []() { return true; });
    EXPECT_TRUE(this->condvar_.wait_for(guard, -1s, []() { return true; }));
    EXPECT_TRUE(this->condvar_.wait_until(guard, steady_clock::now() - 1s, []() { return true; }));
}

TYPED_TEST(CondvarTest, predicate_wait_goes_on_until_it_holds) {
    std::atomic<int> asked{0};
    bool ready = false;  // guarded by the lock
    this->start_waiting([&, this](auto& g) {
        this->condvar_.wait(g, [&]() { return ++asked, ready; });
        EXPECT_TRUE(ready);
    });
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(this->condvar_.notify_one());
    test::wait_until([&]() { return asked == 2; });
    {
        const auto guard = this->kind_.guard();
        ready = true;
        EXPECT_TRUE(this->condvar_.notify_one());
    }
    this->wait_for_returned(1);
    EXPECT_EQ(asked, 3);
}

TYPED_TEST(CondvarTest, predicate_has_the_last_word_at_the_limit) {
    auto guard = this->kind_.guard();
    int asked = 0;
    EXPECT_FALSE(this->condvar_.wait_for(guard, 5ms, [&]() { return ++asked, false; }));
    EXPECT_EQ(asked, 2);
    EXPECT_TRUE(this->condvar_.wait_for(guard, 5ms, [&]() { return ++asked == 4; }));
    EXPECT_TRUE(this->condvar_.wait_until(guard, system_clock::now() + 5ms,
                                          [&]() { return ++asked == 6; }));
}

TYPED_TEST(CondvarTest, different_locks_with_one_condvar) {
    TypeParam other;
    std::atomic<bool> other_waits{false};
    std::atomic<bool> other_returned{false};
    this->threads_.start([&, this]() {
        auto guard = other.guard();
        other_waits = true;
        this->condvar_.wait(guard);
        other_returned = true;
    });
    test::wait_until([&]() { return other_waits.load(); });
    {
        const auto guard = other.guard();
    }
    for (int i = 0; i < 2; ++i) this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    {
        const auto guard = other.guard();
        EXPECT_EQ(this->condvar_.notify_all(), 3U);
        this->wait_for_returned(2);  // held up by nobody: their lock is free
        EXPECT_FALSE(other_returned);
    }
    this->threads_.join();
    EXPECT_TRUE(other_returned);
}

TYPED_TEST(CondvarTest, may_be_destroyed_once_all_are_notified) {
    auto condvar = std::make_unique<Condvar>();
    auto wait = [shared = condvar.get()](auto& guard) { shared->wait(guard); };
    for (int i = 0; i < 4; ++i) this->start_waiting(wait);
    {
        const auto guard = this->kind_.guard();
        EXPECT_EQ(condvar->notify_all(), 4U);
        condvar.reset();
    }
    this->wait_for_returned(4);
}

#if defined(__cpp_exceptions)
TYPED_TEST(CondvarTest, holds_the_lock_when_the_predicate_throws) {
    struct Problem {};
    bool thrown = false;
    this->start_waiting([&, this](auto& g) {
        auto throw_when_asked_again = [asked = 0]() mutable {
            if (++asked == 2) throw Problem{};
            return false;
        };
        try {
            this->condvar_.wait(g, throw_when_asked_again);
        } catch (const Problem&) {
            thrown = true;
        }
    });
    EXPECT_TRUE(this->condvar_.notify_one());
    this->wait_for_returned(1);
    EXPECT_TRUE(thrown);
}
#endif

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(CondvarTest, stop_request_ends_a_wait) {
    std::stop_source stop;
    this->start_waiting(
        [&, this](auto& g) { EXPECT_FALSE(this->condvar_.wait(g, stop.get_token())); });
    this->start_waiting([&, this](auto& g) {
        EXPECT_FALSE(this->condvar_.wait(g, stop.get_token(), []() { return false; }));
    });
    this->start_waiting(
        [&, this](auto& g) { EXPECT_FALSE(this->condvar_.wait_for(g, stop.get_token(), 1h)); });
    this->start_waiting([&, this](auto& g) {
        EXPECT_TRUE(this->condvar_.wait_until(g, stop.get_token(), steady_clock::now() + 1h,
                                              [&]() { return stop.stop_requested(); }));
    });
    stop.request_stop();
    this->wait_for_returned(4);
}

TYPED_TEST(CondvarTest, stopped_before_it_waits) {
    std::stop_source stop;
    stop.request_stop();
    auto guard = this->kind_.guard();
    EXPECT_FALSE(this->condvar_.wait(guard, stop.get_token()));
    EXPECT_FALSE(this->condvar_.wait(guard, stop.get_token(), []() { return false; }));
    EXPECT_TRUE(this->condvar_.wait(guard, stop.get_token(), []() { return true; }));
}

TYPED_TEST(CondvarTest, stoppable_wait_is_notified_and_times_out) {
    std::stop_source stop;
    this->start_waiting(
        [&, this](auto& g) { EXPECT_TRUE(this->condvar_.wait(g, stop.get_token())); });
    EXPECT_TRUE(this->condvar_.notify_one());
    this->wait_for_returned(1);
    auto guard = this->kind_.guard();
    EXPECT_FALSE(this->condvar_.wait_for(guard, stop.get_token(), 5ms));
    EXPECT_FALSE(this->condvar_.wait_until(guard, stop.get_token(), system_clock::now() + 5ms));
    EXPECT_TRUE(this->condvar_.wait_for(guard, stop.get_token(), 5ms,
                                        [asked = 0]() mutable { return ++asked == 2; }));
}
#endif

#if !PARKING_LOT_USE_STD

/// The locks whose queues take in notified threads.
template <class Kind>
class CondvarRequeueTest : public CondvarTest<Kind> {};

using MovingKinds =
    ::testing::Types<OfMutex, OfFairMutex, OfByteMutex, Mapped, Owned, OfRawFairMutex>;
TYPED_TEST_SUITE(CondvarRequeueTest, MovingKinds, KindNames);

TYPED_TEST(CondvarRequeueTest, notified_threads_are_moved_to_the_lock_that_is_held) {
    for (int i = 0; i < 4; ++i) this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    {
        const auto guard = this->kind_.guard();
        EXPECT_TRUE(this->condvar_.notify_one());
        EXPECT_EQ(test::parked_at(&this->condvar_), 3U);
        EXPECT_EQ(test::parked_at(this->kind_.address()), 1U);
        EXPECT_EQ(this->condvar_.notify_all(), 3U);
        EXPECT_EQ(test::parked_at(&this->condvar_), 0U);
        EXPECT_EQ(test::parked_at(this->kind_.address()), 4U);
    }
    this->wait_for_returned(4);
}

TYPED_TEST(CondvarRequeueTest, some_are_woken_for_the_free_lock_and_the_others_are_moved) {
    std::atomic<bool> first_may_go{false};
    for (int i = 0; i < 6; ++i) {
        this->start_waiting([&, this](auto& g) {
            this->condvar_.wait(g);
            test::wait_until([&]() { return first_may_go.load(); });
        });
    }
    EXPECT_EQ(this->condvar_.notify_all(), 6U);
    EXPECT_EQ(test::parked_at(&this->condvar_), 0U);
    EXPECT_GE(test::parked_at(this->kind_.address()), 2U);
    test::wait_for_parked(this->kind_.address(), 5);  // all but the first find the lock taken
    first_may_go = true;
    this->wait_for_returned(6);
}

/// Threads that the first of the notified wakes before it is their turn park again.
TYPED_TEST(CondvarRequeueTest, those_woken_early_by_the_first_wait_for_their_turn) {
    std::atomic<bool> first_may_go{false};
    std::atomic<int> inside{0};
    for (int i = 0; i < 6; ++i) {
        this->start_waiting([&, this](auto& g) {
            this->condvar_.wait(g);
            EXPECT_EQ(++inside, 1);
            test::wait_until([&]() { return first_may_go.load(); });
            --inside;
        });
    }
    {
        const auto guard = this->kind_.guard();
        EXPECT_EQ(this->condvar_.notify_all(), 6U);
        EXPECT_EQ(test::parked_at(this->kind_.address()), 6U);
    }
    test::wait_until([&]() { return inside.load() == 1; });
    test::wait_for_parked(this->kind_.address(), 5);
    first_may_go = true;
    this->wait_for_returned(6);
}

TYPED_TEST(CondvarTest, only_its_own_notifications_end_a_wait) {
    this->start_waiting([this](auto& g) { this->condvar_.wait(g); });
    EXPECT_EQ(core::unpark_all(&this->condvar_), 0U);
    EXPECT_EQ(detail::unpark_all({&this->condvar_, detail::Kind::ByteMutex}, {}), 0U);
    EXPECT_EQ(detail::unpark_all({&this->condvar_, detail::Kind::WordMutex}, {}), 0U);
    EXPECT_EQ(test::parked_at(&this->condvar_), 1U);
    EXPECT_TRUE(this->condvar_.notify_one());
}

/// Notified in time, but its deadline passes while it waits for its lock: the notification counts,
/// since notify_one has promised that somebody acts on it.
TYPED_TEST(CondvarTest, notification_beats_a_later_timeout) {
    ManualClock::reset();
    this->start_waiting([this](auto& g) {
        EXPECT_TRUE(this->condvar_.wait_until(g, ManualClock::time_point{10ms}));
    });
    {
        const auto guard = this->kind_.guard();
        EXPECT_TRUE(this->condvar_.notify_one());
        ManualClock::milliseconds = 20;
        // It looks at the clock once more before it gives up, if it still waits for its lock.
        if (this->kMoves) {
            const int asked = ManualClock::times_asked;
            test::wait_until([=]() { return ManualClock::times_asked > asked; });
        }
    }
    this->wait_for_returned(1);
}

TYPED_TEST(CondvarTest, may_be_destroyed_though_notified_threads_time_out) {
    ManualClock::reset();
    auto condvar = std::make_unique<Condvar>();
    this->start_waiting([shared = condvar.get()](auto& g) {
        EXPECT_TRUE(shared->wait_until(g, ManualClock::time_point{10ms}));
    });
    {
        const auto guard = this->kind_.guard();
        EXPECT_EQ(condvar->notify_all(), 1U);
        condvar.reset();
        ManualClock::milliseconds = 20;
        if (this->kMoves) {
            const int asked = ManualClock::times_asked;
            test::wait_until([=]() { return ManualClock::times_asked > asked; });
        }
    }
    this->wait_for_returned(1);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(CondvarTest, notification_beats_a_later_stop_request) {
    std::stop_source stop;
    this->start_waiting(
        [&, this](auto& g) { EXPECT_TRUE(this->condvar_.wait(g, stop.get_token())); });
    {
        const auto guard = this->kind_.guard();
        EXPECT_TRUE(this->condvar_.notify_one());
        stop.request_stop();
    }
    this->wait_for_returned(1);
}
#endif

TYPED_TEST(CondvarTest, clock_that_is_set_back_prolongs_the_wait) {
    ManualClock::reset();
    this->start_waiting([this](auto& g) {
        EXPECT_FALSE(this->condvar_.wait_until(g, ManualClock::time_point{5ms}));
    });
    test::wait_until([]() { return ManualClock::times_asked >= 4; });
    EXPECT_EQ(this->returned_, 0);
    EXPECT_EQ(test::parked_at(&this->condvar_), 1U);  // it never left the queue to ask
    ManualClock::milliseconds = 5;
    this->wait_for_returned(1);
}

TEST(CondvarOrder, fair_mutex_is_given_in_the_order_of_waiting) {
    FairMutex<std::vector<int>> order;
    Condvar condvar;
    test::Threads threads;
    for (int i = 0; i < 6; ++i) {
        threads.start([&, i]() {
            auto guard = order.lock();
            condvar.wait(guard);
            guard->push_back(i);
        });
        test::wait_for_parked(&condvar, static_cast<std::size_t>(i) + 1);
    }
    {
        const auto guard = order.lock();
        EXPECT_TRUE(condvar.notify_one());
        EXPECT_EQ(condvar.notify_all(), 5U);
    }
    threads.join();
    EXPECT_EQ(order.get_mut(), (std::vector<int>{0, 1, 2, 3, 4, 5}));
}

#endif

TEST(Condvar, waits_with_anything_that_unlocks_and_locks) {
    RawMutex raw;
    Condvar condvar;
    raw.lock();
    EXPECT_FALSE(condvar.wait_for(raw, 1ms));
    EXPECT_TRUE(raw.is_locked());
    raw.unlock();
    static_assert(detail::Waitable<std::unique_lock<std::recursive_mutex>>);
    static_assert(!detail::Waitable<Mutex<int>> && !detail::Waitable<const MutexGuard<int>>);
    static_assert(!detail::Waitable<std::scoped_lock<RawMutex>> && !detail::Waitable<int>);
}

TEST(Condvar, works_at_namespace_scope) {
    EXPECT_FALSE(at_namespace_scope.notify_one());
    Mutex<int> mutex{0};
    auto guard = mutex.lock();
    EXPECT_FALSE(at_namespace_scope.wait_for(guard, 1ms));
}

TEST(Condvar, is_neither_copyable_nor_movable) {
    static_assert(!std::is_copy_constructible_v<Condvar> && !std::is_copy_assignable_v<Condvar>);
    static_assert(!std::is_move_constructible_v<Condvar> && !std::is_move_assignable_v<Condvar>);
    static_assert(!kParking || (sizeof(Condvar) == 1 && alignof(Condvar) == 1));
    static_assert(!kParking || std::is_nothrow_default_constructible_v<Condvar>);
    static_assert(!kParking || PARKING_LOT_CHECKED || std::is_trivially_destructible_v<Condvar>);
}

}  // namespace
}  // namespace parking_lot
