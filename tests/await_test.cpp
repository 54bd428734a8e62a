// SPDX-License-Identifier: MIT
// Waits until the data satisfies a predicate: every lock and mode, limits, exceptions, and who goes
// on after which unlock.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "parking_lot/parking_lot.hpp"
#include "support/emulated.hpp"
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
using test::Threads;

static_assert(RawAwaitable<RawMutex> && RawAwaitable<RawFairWordMutex> && RawAwaitable<RawRwLock> &&
              RawAwaitable<RawReentrantMutex>);
static_assert(!RawAwaitable<RawStdMutex> && !RawAwaitable<test::SpinLock>);

/// Does more in its own lock functions than the lock it is made of.
struct Derived : RawMutex {};
static_assert(!RawAwaitable<Derived>);

template <class Guard>
concept Awaits = requires(Guard& guard, bool (*predicate)(const int&)) { guard.await(predicate); };
static_assert(Awaits<MutexGuard<int>> && Awaits<OwnedMutexGuard<int>> &&
              Awaits<RwLockReadGuard<int>>);
static_assert(!Awaits<MappedMutexGuard<int>> && !Awaits<MappedRwLockReadGuard<int>>);

/// Mutable, as a reentrant mutex gives no other access.
struct Data {
    mutable int value = 0;
    mutable std::vector<int> order;
    bool is_one() const { return value == 1; }
};

/// A kind of lock and the mode to wait in: the forms of waiting, and how to change the data.
template <class Mutex>
struct OfLock {
    using Raw = typename Mutex::RawType;
    static constexpr bool kIsExclusive = true;
    auto guard() { return lock.lock(); }
    auto writer() { return lock.lock(); }
    auto when(auto predicate) { return lock.lock_when(predicate); }
    auto when_for(auto duration, auto predicate) {
        return lock.try_lock_when_for(duration, predicate);
    }
    auto when_until(auto time, auto predicate) { return lock.try_lock_when_until(time, predicate); }
#if PARKING_LOT_HAS_STOP_TOKEN
    auto when_not_stopped(std::stop_token stop, auto predicate) {
        return lock.lock_when(stop, predicate);
    }
#endif
    bool is_free() { return !lock.is_locked(); }
    Mutex lock{};
};

template <class Lock>
struct OfRwLock {
    using Raw = typename Lock::RawType;
    auto writer() { return lock.write(); }
    bool is_free() { return !lock.is_locked(); }
    Lock lock{};
};

template <class Lock>
struct Reading : OfRwLock<Lock> {
    using OfRwLock<Lock>::lock;
    static constexpr bool kIsExclusive = false;
    auto guard() { return lock.read(); }
    auto when(auto predicate) { return lock.read_when(predicate); }
    auto when_for(auto duration, auto predicate) {
        return lock.try_read_when_for(duration, predicate);
    }
    auto when_until(auto time, auto predicate) { return lock.try_read_when_until(time, predicate); }
#if PARKING_LOT_HAS_STOP_TOKEN
    auto when_not_stopped(std::stop_token stop, auto predicate) {
        return lock.read_when(stop, predicate);
    }
#endif
};

template <class Lock>
struct Writing : OfRwLock<Lock> {
    using OfRwLock<Lock>::lock;
    static constexpr bool kIsExclusive = true;
    auto guard() { return lock.write(); }
    auto when(auto predicate) { return lock.write_when(predicate); }
    auto when_for(auto duration, auto predicate) {
        return lock.try_write_when_for(duration, predicate);
    }
    auto when_until(auto time, auto predicate) {
        return lock.try_write_when_until(time, predicate);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    auto when_not_stopped(std::stop_token stop, auto predicate) {
        return lock.write_when(stop, predicate);
    }
#endif
};

template <class Lock>
struct Upgradable : OfRwLock<Lock> {
    using OfRwLock<Lock>::lock;
    static constexpr bool kIsExclusive = false;
    auto guard() { return lock.upgradable_read(); }
    auto when(auto predicate) { return lock.upgradable_read_when(predicate); }
    auto when_for(auto duration, auto predicate) {
        return lock.try_upgradable_read_when_for(duration, predicate);
    }
    auto when_until(auto time, auto predicate) {
        return lock.try_upgradable_read_when_until(time, predicate);
    }
#if PARKING_LOT_HAS_STOP_TOKEN
    auto when_not_stopped(std::stop_token stop, auto predicate) {
        return lock.upgradable_read_when(stop, predicate);
    }
#endif
};

/// A thread that waits until `predicate` holds, then calls `then(guard)`. Constructed, it waits:
/// its predicate was false, and the lock is given up only by one that is seen to wait.
template <class Kind>
class Waiters {
  public:
    explicit Waiters(Kind& kind) : kind_{kind} {}

    template <class Predicate, class Then>
    void start(Predicate predicate, Then then) {
        std::atomic<bool> asked{false};
        threads_.start([this, &asked, predicate, then]() {
            auto note = [&asked, predicate, is_first = true](const Data& data) mutable {
                if (std::exchange(is_first, false)) asked.store(true);
                return predicate(data);
            };
            auto guard = kind_.when(note);
            then(guard);
        });
        test::wait_until([&]() { return asked.load(); });
        (void)kind_.writer();  // gets the lock only now that the other thread waits
    }

    void join() { threads_.join(); }

  private:
    Kind& kind_;
    Threads threads_;
};

constexpr auto kNothing = [](auto&) {};
constexpr auto kIsOne = [](const Data& data) { return data.value == 1; };
constexpr auto kNever = [](const Data&) { return false; };

template <class Kind>
class AwaitTest : public ::testing::Test {
  protected:
    ~AwaitTest() override {
        waiters_.join();
        EXPECT_TRUE(kind_.is_free());
        EXPECT_EQ(test::parked_anywhere(), 0U);
    }

    void set(int value) { kind_.writer()->value = value; }

    Kind kind_;
    Waiters<Kind> waiters_{kind_};
};

#if defined(FEW_KINDS)
using Kinds = ::testing::Types<OfLock<Mutex<Data>>, OfLock<ReentrantMutex<Data>>,
                               Reading<RwLock<Data>>, Writing<RwLock<Data>>>;
#else
using Kinds =
    ::testing::Types<OfLock<Mutex<Data>>, OfLock<FairMutex<Data>>,
                     OfLock<BasicMutex<RawMutex, Data>>, OfLock<ReentrantMutex<Data>>,
                     OfLock<BasicMutex<RawStdMutex, Data>>, OfLock<BasicMutex<Derived, Data>>,
                     Reading<RwLock<Data>>, Writing<RwLock<Data>>, Upgradable<RwLock<Data>>,
                     Reading<ReaderPreferringRwLock<Data>>, Writing<WriterPreferringRwLock<Data>>>;
#endif
TYPED_TEST_SUITE(AwaitTest, Kinds);

TYPED_TEST(AwaitTest, what_holds_is_not_waited_for) {
    this->set(1);
    auto guard = this->kind_.when(&Data::is_one);
    EXPECT_EQ(guard->value, 1);
    EXPECT_FALSE(this->kind_.is_free());
}

TYPED_TEST(AwaitTest, nobody_has_to_notify) {
    int seen = 0;
    this->waiters_.start(kIsOne, [&seen](auto& guard) { seen = guard->value; });
    this->set(2);
    this->set(1);
    this->waiters_.join();
    EXPECT_EQ(seen, 1);
}

TYPED_TEST(AwaitTest, a_limit_that_has_passed_does_not_wait) {
    EXPECT_FALSE(this->kind_.when_for(0s, kIsOne).has_value());
    EXPECT_FALSE(this->kind_.when_for(-1s, kIsOne).has_value());
    EXPECT_FALSE(this->kind_.when_until(Deadline::passed(), kIsOne).has_value());
    EXPECT_FALSE(this->kind_.when_until(steady_clock::now(), kIsOne).has_value());
    EXPECT_FALSE(this->kind_.when_until(system_clock::now(), kIsOne).has_value());
    this->set(1);
    EXPECT_TRUE(this->kind_.when_for(0s, kIsOne).has_value());
    EXPECT_TRUE(this->kind_.when_until(Deadline::passed(), kIsOne).has_value());
    EXPECT_TRUE(this->kind_.when_until(system_clock::time_point::min(), kIsOne).has_value());
}

TYPED_TEST(AwaitTest, a_wait_ends_at_its_limit) {
    const auto start = steady_clock::now();
    EXPECT_FALSE(this->kind_.when_for(5ms, kNever).has_value());
    EXPECT_GE(steady_clock::now() - start, 5ms);
    EXPECT_FALSE(this->kind_.when_until(steady_clock::now() + 5ms, kNever).has_value());
    EXPECT_FALSE(this->kind_.when_until(system_clock::now() + 5ms, kNever).has_value());
    EXPECT_FALSE(this->kind_.when_until(Deadline::after(5ms), kNever).has_value());
}

TYPED_TEST(AwaitTest, a_limit_that_is_not_reached_does_not_matter) {
    Threads threads;
    std::atomic<int> got{0};
    threads.start([&]() { got += this->kind_.when_for(1h, kIsOne).has_value() ? 1 : 0; });
    threads.start([&]() {
        got += this->kind_.when_for(std::chrono::hours::max(), kIsOne).has_value() ? 1 : 0;
    });
    threads.start([&]() {
        got += this->kind_.when_until(system_clock::now() + 1h, kIsOne).has_value() ? 1 : 0;
    });
    this->set(1);
    threads.join();
    EXPECT_EQ(got, 3);
}

TYPED_TEST(AwaitTest, guards_wait_in_the_same_ways) {
    auto guard = this->kind_.guard();
    EXPECT_FALSE(guard.await_for(1ms, kIsOne));
    EXPECT_FALSE(guard.await_until(steady_clock::now() + 1ms, kIsOne));
    EXPECT_FALSE(guard.await_until(system_clock::now() + 1ms, kIsOne));
    EXPECT_FALSE(guard.await_until(Deadline::after(1ms), &Data::is_one));
    Threads threads;
    threads.start([&]() { this->set(1); });
    guard.await(&Data::is_one);
    EXPECT_EQ(guard->value, 1);
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_FALSE(this->kind_.is_free());
    guard.unlock();
}

#if PARKING_LOT_HAS_STOP_TOKEN
TYPED_TEST(AwaitTest, a_stop_request_ends_the_wait) {
    std::stop_source source;
    std::atomic<int> asked{0};
    std::atomic<int> gave_up{0};
    Threads threads;
    threads.start([&]() {
        const auto guard = this->kind_.when_not_stopped(source.get_token(), [&](const Data&) {
            ++asked;
            return false;
        });
        gave_up += guard ? 0 : 1;
    });
    threads.start([&]() {
        test::wait_until([&]() { return asked != 0; });
        auto guard = this->kind_.guard();
        gave_up += guard.await(source.get_token(), kNever) ? 0 : 1;
        EXPECT_TRUE(guard.owns_lock());
    });
    test::wait_until([&]() { return asked != 0; });
    source.request_stop();
    threads.join();
    EXPECT_EQ(gave_up, 2);
}

TYPED_TEST(AwaitTest, the_predicate_has_the_last_word_when_the_lock_comes_late) {
    std::stop_source source;
    std::atomic<int> asked{0};
    bool got = false;
    Threads threads;
    threads.start([&]() {
        auto is_one = [&](const Data& data) { return ++asked, data.value == 1; };
        got = this->kind_.when_not_stopped(source.get_token(), is_one).has_value();
    });
    test::wait_until([&]() { return asked != 0; });
    this->waiters_.start(kIsOne, kNothing);  // who has given up before it is not in its way
    {
        const auto guard = this->kind_.writer();
        source.request_stop();
        std::this_thread::sleep_for(5ms);  // it gives up, and wants the lock to leave
        guard->value = 1;
    }
    threads.join();
    EXPECT_TRUE(got);
}

TYPED_TEST(AwaitTest, what_holds_is_taken_even_after_a_stop_request) {
    std::stop_source source;
    source.request_stop();
    EXPECT_FALSE(this->kind_.when_not_stopped(source.get_token(), kIsOne).has_value());
    this->set(1);
    EXPECT_TRUE(this->kind_.when_not_stopped(source.get_token(), kIsOne).has_value());
}
#endif

[[noreturn]] bool refuse(const Data&) { throw std::runtime_error{"refused"}; }

TYPED_TEST(AwaitTest, an_exception_of_a_predicate_leaves_with_the_lock_as_it_was) {
    EXPECT_THROW((void)this->kind_.when(&refuse), std::runtime_error);
    EXPECT_TRUE(this->kind_.is_free());
    EXPECT_THROW((void)this->kind_.when_for(1h, &refuse), std::runtime_error);
    EXPECT_TRUE(this->kind_.is_free());
    auto guard = this->kind_.guard();
    EXPECT_THROW(guard.await(&refuse), std::runtime_error);
    EXPECT_TRUE(guard.owns_lock());
    EXPECT_FALSE(this->kind_.is_free());
}

TYPED_TEST(AwaitTest, an_exception_while_another_thread_asks_reaches_the_one_that_waits) {
    std::atomic<int> asked{0};
    auto throws_at_one = [&](const Data& data) {
        ++asked;
        if (data.value == 1) throw std::runtime_error{"one"};
        return false;
    };
    Threads threads;
    threads.start(
        [&]() { EXPECT_THROW((void)this->kind_.when(throws_at_one), std::runtime_error); });
    test::wait_until([&]() { return asked != 0; });
    this->waiters_.start(kIsOne, kNothing);  // is asked, too, whatever becomes of the other
    EXPECT_NO_THROW(this->set(1));
    threads.join();
}

TYPED_TEST(AwaitTest, who_waits_again_is_asked_again) {
    std::vector<int> seen;
    const auto has_begun = [](const Data& data) { return data.value >= 1; };
    this->waiters_.start(has_begun, [&seen](auto& guard) {
        for (int next = 2; next < 20; ++next) {
            seen.push_back(guard->value);
            guard.await([next](const Data& data) { return data.value >= next; });
        }
    });
    for (int value = 1; value < 20; ++value) this->set(value);
    this->waiters_.join();
    EXPECT_EQ(seen.size(), 18U);
}

TYPED_TEST(AwaitTest, each_hands_on_to_those_that_it_lets_go_on) {
    constexpr int kThreads = 8;
    if constexpr (TypeParam::kIsExclusive) {
        for (int i = kThreads; i > 0; --i) {
            this->waiters_.start([i](const Data& data) { return data.value == i; },
                                 [](auto& guard) { ++guard->value; });
        }
        this->set(1);
        this->waiters_.join();
        EXPECT_EQ(this->kind_.writer()->value, kThreads + 1);
    } else {
        for (int i = kThreads; i > 0; --i) {
            this->waiters_.start([i](const Data& data) { return data.value >= i; }, kNothing);
        }
        this->set(kThreads);
    }
}

/// Those whose waiters park.
template <class Kind>
class ParkingAwaitTest : public AwaitTest<Kind> {};
#if PARKING_LOT_USE_STD
using ParkingKinds = ::testing::Types<OfLock<BasicMutex<RawMutex, Data>>,
                                      OfLock<BasicMutex<RawFairWordMutex, Data>>>;
#else
using ParkingKinds =
    ::testing::Types<OfLock<Mutex<Data>>, OfLock<FairMutex<Data>>,
                     OfLock<BasicMutex<RawMutex, Data>>, OfLock<ReentrantMutex<Data>>,
                     Writing<RwLock<Data>>, Writing<ReaderPreferringRwLock<Data>>,
                     Writing<WriterPreferringRwLock<Data>>>;
#endif
TYPED_TEST_SUITE(ParkingAwaitTest, ParkingKinds);

TYPED_TEST(ParkingAwaitTest, those_that_may_go_on_do_so_in_the_order_of_their_arrival) {
    constexpr int kThreads = 6;
    std::vector<int> expected;
    std::atomic<int> gone_on{0};
    for (int i = 0; i < kThreads; ++i) {
        this->waiters_.start([](const Data& data) { return data.value > 0; },
                             [i, &gone_on](auto& guard) {
                                 --guard->value;
                                 guard->order.push_back(i);
                                 ++gone_on;
                             });
        this->waiters_.start([](const Data& data) { return data.value < 0; }, kNothing);
        expected.push_back(i);
    }
    EXPECT_EQ(test::parked_anywhere(), std::size_t{2 * kThreads});
    this->set(kThreads);
    test::wait_until([&]() { return gone_on == kThreads; });
    EXPECT_EQ(this->kind_.writer()->order, expected);
    this->set(-1);
}

TYPED_TEST(ParkingAwaitTest, unlock_fair_asks_too) {
    this->waiters_.start(kIsOne, kNothing);
    auto guard = this->kind_.writer();
    guard->value = 1;
    guard.unlock_fair();
}

TYPED_TEST(ParkingAwaitTest, bump_lets_those_go_on_whose_predicates_hold) {
    this->waiters_.start(kIsOne, [](auto& guard) { guard->value = 2; });
    auto guard = this->kind_.writer();
    guard.bump();
    EXPECT_EQ(guard->value, 0);
    guard->value = 1;
    guard.bump();
    EXPECT_EQ(guard->value, 2);
}

TYPED_TEST(ParkingAwaitTest, a_wait_for_a_condition_variable_asks_too) {
    Condvar condvar;
    this->waiters_.start(kIsOne, [&condvar](auto& guard) {
        guard->value = 2;
        condvar.notify_all();
    });
    auto guard = this->kind_.writer();
    guard->value = 1;
    condvar.wait(guard, [&guard]() { return guard->value == 2; });
}

TYPED_TEST(ParkingAwaitTest, a_wait_for_a_predicate_asks_the_others) {
    this->waiters_.start(kIsOne, [](auto& guard) { guard->value = 2; });
    auto guard = this->kind_.writer();
    guard->value = 1;
    guard.await([](const Data& data) { return data.value == 2; });
}

TYPED_TEST(ParkingAwaitTest, nobody_is_asked_once_all_have_left) {
    std::atomic<int> asked{0};
    auto counting = [&asked](const Data&) { return ++asked, false; };
    EXPECT_FALSE(this->kind_.when_for(1ms, counting).has_value());
    const int before = asked;
    this->set(1);
    this->set(2);
    EXPECT_EQ(asked, before);
}

TYPED_TEST(ParkingAwaitTest, who_waits_for_the_lock_and_who_waits_for_the_data_both_get_it) {
    this->waiters_.start(kIsOne, [](auto& guard) { guard->value = 0; });
    Threads threads;
    {
        const auto guard = this->kind_.writer();
        for (int i = 0; i < 3; ++i) {
            threads.start([&]() { (void)this->kind_.writer(); });
        }
        test::wait_until([]() { return test::parked_anywhere() == 4; });
        guard->value = 1;
    }
    threads.join();
    this->waiters_.join();
    EXPECT_EQ(this->kind_.writer()->value, 0);
}

template <class Mutex>
class AwaitMutexTest : public ::testing::Test {};
using Mutexes = ::testing::Types<Mutex<int>, FairMutex<int>, BasicMutex<RawMutex, int>,
                                 BasicMutex<Derived, int>, BasicMutex<RawStdMutex, int>,
                                 BasicMutex<test::SpinLock, int>>;
TYPED_TEST_SUITE(AwaitMutexTest, Mutexes);

TYPED_TEST(AwaitMutexTest, a_const_mutex_waits_too) {
    const TypeParam mutex{1};
    auto guard = mutex.lock_when([](const int& value) { return value == 1; });
    static_assert(std::is_same_v<decltype(*guard), const int&>);
    EXPECT_EQ(*guard, 1);
    if constexpr (RawTimedLockable<typename TypeParam::RawType>) {
        guard.unlock();
        EXPECT_FALSE(mutex.try_lock_when_for(1ms, [](int value) { return value == 2; }));
    }
}

TYPED_TEST(AwaitMutexTest, an_owning_guard_waits_too) {
    const auto mutex = std::make_shared<TypeParam>(0);
    Threads threads;
    threads.start([mutex]() {
        auto guard = lock_owned(mutex);
        guard.await([](int value) { return value == 1; });
        *guard = 2;
    });
    mutex->with_lock([](int& value) { value = 1; });
    const auto guard = mutex->lock_when([](int value) { return value == 2; });
    EXPECT_EQ(*guard, 2);
}

TYPED_TEST(AwaitMutexTest, the_lock_may_be_destroyed_by_the_one_that_was_let_go_on) {
    for (int round = 0; round < 300; ++round) {
        auto mutex = std::make_unique<TypeParam>(0);
        Threads threads;
        threads.start([lock = mutex.get()]() { lock->with_lock([](int& value) { value = 1; }); });
        mutex->lock_when([](int value) { return value == 1; }).unlock();
        if constexpr (!std::is_same_v<typename TypeParam::RawType, RawStdMutex>) mutex.reset();
        threads.join();
    }
}

TEST(AwaitReentrantMutexTest, a_wait_at_a_deeper_level_is_reported) {
    GTEST_FLAG_SET(death_test_style, test::death_test_style());
    const ReentrantMutex<int> mutex{0};
    const auto outer = mutex.lock();
    auto inner = mutex.lock();
    EXPECT_DEATH((void)inner.await_for(1ms, [](int value) { return value == 1; }),
                 "does not hold the lock just once");
}

TEST(AwaitReentrantMutexTest, the_mutex_is_its_owners_again_after_a_wait) {
    const ReentrantMutex<Data> mutex;
    auto guard = mutex.lock();
    EXPECT_FALSE(guard.await_for(1ms, kIsOne));
    EXPECT_EQ(mutex.raw().depth(), 1U);
    EXPECT_THROW(guard.await(&refuse), std::runtime_error);
    EXPECT_EQ(mutex.raw().depth(), 1U);
    EXPECT_NE(mutex.try_lock(), std::nullopt);
}

template <class Lock>
class AwaitRwLockTest : public ::testing::Test {
  protected:
    ~AwaitRwLockTest() override { waiters_.join(); }
    Reading<Lock> kind_;
    Waiters<Reading<Lock>> waiters_{kind_};
    Lock& lock_ = kind_.lock;
};
#if PARKING_LOT_USE_STD
using RwLocks = ::testing::Types<RwLock<Data>>;
#else
using RwLocks =
    ::testing::Types<RwLock<Data>, ReaderPreferringRwLock<Data>, WriterPreferringRwLock<Data>>;
#endif
TYPED_TEST_SUITE(AwaitRwLockTest, RwLocks);

TYPED_TEST(AwaitRwLockTest, a_downgrade_lets_readers_go_on_that_wait_for_the_data) {
    this->waiters_.start(kIsOne, kNothing);
    auto writer = this->lock_.write();
    writer->value = 1;
    const auto reader = std::move(writer).downgrade();
    this->waiters_.join();
    EXPECT_EQ(reader->value, 1);
}

TYPED_TEST(AwaitRwLockTest, so_does_one_to_upgradable) {
    this->waiters_.start(kIsOne, kNothing);
    auto writer = this->lock_.write();
    writer->value = 1;
    const auto reader = std::move(writer).downgrade_to_upgradable();
    this->waiters_.join();
    EXPECT_EQ(reader->value, 1);
}

TYPED_TEST(AwaitRwLockTest, so_does_the_end_of_an_upgrade) {
    this->waiters_.start(kIsOne, kNothing);
    auto reader = this->lock_.upgradable_read();
    reader.with_upgraded([](Data& data) { data.value = 1; });
    this->waiters_.join();
    EXPECT_EQ(reader->value, 1);
}

TYPED_TEST(AwaitRwLockTest, who_was_let_go_on_may_upgrade) {
    Upgradable<TypeParam> kind;
    Waiters<Upgradable<TypeParam>> waiters{kind};
    waiters.start(kIsOne, [](auto& guard) {
        auto writer = std::move(guard).upgrade();
        writer->value = 2;
    });
    waiters.start([](const Data& data) { return data.value == 2; }, kNothing);
    kind.writer()->value = 1;
    waiters.join();
    EXPECT_TRUE(kind.is_free());
}

TYPED_TEST(AwaitRwLockTest, one_write_lets_all_readers_go_on_together) {
    constexpr int kReaders = 5;
    test::Meeting all_read{kReaders};
    for (int i = 0; i < kReaders; ++i) {
        this->waiters_.start(kIsOne, [&](auto&) { all_read.arrive_and_wait(); });
    }
    this->lock_.write()->value = 1;
    this->waiters_.join();
}

TYPED_TEST(AwaitRwLockTest, readers_and_writers_wait_together) {
    Writing<TypeParam> kind;
    Waiters<Writing<TypeParam>> writers{kind};
    Threads readers;
    std::atomic<int> asked{0};
    for (int i = 1; i <= 4; ++i) {
        readers.start([&, i]() {
            (void)kind.lock.read_when(
                [&, i](const Data& data) { return ++asked, data.value >= i; });
        });
        writers.start([i](const Data& data) { return data.value == i; },
                      [](auto& guard) { ++guard->value; });
    }
    test::wait_until([&]() { return asked >= 4; });
    kind.writer()->value = 1;
    writers.join();
    readers.join();
    EXPECT_EQ(kind.writer()->value, 5);
}

TEST(AwaitClockTest, a_clock_that_stands_still_is_asked_again) {
    test::ManualClock::reset();
    int asked = 0;
    const Mutex<int> mutex{0};
    EXPECT_FALSE(mutex.try_lock_when_until(test::ManualClock::now() + 1ms, [&asked](int) {
        if (++asked == 6) test::ManualClock::milliseconds = 1;
        return false;
    }));
    EXPECT_GE(asked, 6);
}

#if !PARKING_LOT_USE_STD
TEST(AwaitOrder, who_was_moved_in_vain_keeps_the_place_of_its_arrival) {
    BasicMutex<RawFairMutex, Data> mutex;
    Threads threads;
    for (int i = 1; i <= 2; ++i) {
        threads.start([&mutex, i]() {
            auto guard = mutex.lock_when([](const Data& data) { return data.value > 0; });
            --guard->value;
            guard->order.push_back(i);
        });
        test::wait_for_parked(&mutex.raw(), static_cast<std::size_t>(i));
    }
    // Each of two unlocks moves one of the waiting threads to the queue of the lock, behind two
    // threads that come before them: the second of these takes away what both wait for.
    auto guard = mutex.lock();
    threads.start([&mutex]() { (void)mutex.lock(); });
    test::wait_for_parked(&mutex.raw(), 3);
    threads.start([&mutex]() { mutex.lock()->value = 0; });
    test::wait_for_parked(&mutex.raw(), 4);
    guard->value = 2;
    guard.unlock();
    // Both find nothing and wait on, in whatever order they got the lock to see that.
    test::wait_until(
        [&mutex]() { return test::parked_at(&mutex.raw()) == 2 && mutex.lock()->value == 0; });
    mutex.lock()->value = 1;
    test::wait_until([&mutex]() { return mutex.lock()->order.size() == 1; });
    mutex.lock()->value = 1;
    threads.join();
    EXPECT_EQ(mutex.lock()->order, (std::vector{1, 2}));
}

TEST(AwaitOrder, a_reader_need_not_wait_for_a_writer_that_an_upgradable_reader_keeps_out) {
    RwLock<int> lock;
    Threads threads;
    const auto is_one = [](int value) { return value == 1; };
    threads.start([&]() { (void)lock.write_when(is_one); });
    test::wait_for_parked(&lock.raw(), 1);
    std::atomic<bool> has_read{false};
    threads.start([&]() {
        (void)lock.read_when(is_one);
        has_read = true;
    });
    test::wait_for_parked(&lock.raw(), 2);
    auto guard = lock.upgradable_read();
    guard.with_upgraded([](int& value) { value = 1; });
    test::wait_until([&]() { return has_read.load(); });
}
#endif

}  // namespace
}  // namespace parking_lot
