// SPDX-License-Identifier: MIT
// lock_all: any number, order and mixture of mutexes, without deadlock.
#include "parking_lot/lock_all.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include "parking_lot/fair_mutex.hpp"
#include "support/locks.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

TEST(LockAllTest, locks_everything_and_returns_guards_in_order) {
    Mutex<int> number{1};
    Mutex<std::string> text{"a"};
    {
        auto [number_guard, text_guard] = lock_all(number, text);
        EXPECT_TRUE(number.is_locked() && text.is_locked());
        EXPECT_EQ(&*number_guard, number.data_ptr());
        EXPECT_EQ(&*text_guard, text.data_ptr());
        *text_guard += "b";
    }
    EXPECT_FALSE(number.is_locked() || text.is_locked());
    EXPECT_EQ(text.get_mut(), "ab");
}

TEST(LockAllTest, takes_none_or_one) {
    static_assert(std::is_same_v<decltype(lock_all()), std::tuple<>>);
    Mutex<int> mutex;
    {
        const auto guards = lock_all(mutex);
        EXPECT_TRUE(mutex.is_locked());
    }
    EXPECT_FALSE(mutex.is_locked());
}

TEST(LockAllTest, mixes_kinds_of_mutexes_and_const) {
    const Mutex<int> shared{1};
    FairMutex<int> fair{2};
    BasicMutex<RawMutex, int> small{3};
    BasicMutex<RawStdMutex, int> standard{4};
    BasicMutex<test::SpinLock, int> users{5};
    auto guards = lock_all(shared, fair, small, standard, users);
    static_assert(std::is_same_v<decltype(*std::get<0>(guards)), const int&>);
    static_assert(std::is_same_v<decltype(*std::get<1>(guards)), int&>);
    static_assert(std::is_same_v<std::tuple_element_t<4, decltype(guards)>,
                                 BasicMutexGuard<test::SpinLock, int>>);
    EXPECT_EQ(std::apply([](auto&... guard) { return (*guard + ...); }, guards), 15);
    EXPECT_TRUE(shared.is_locked() && fair.is_locked() && small.is_locked());
    EXPECT_TRUE(standard.is_locked());
    EXPECT_FALSE(users.try_lock().has_value());
}

/// Locks `mutexes` in the order of `order` and adds one to each.
template <class Mutexes, std::size_t... kIndex>
void increment_all(Mutexes& mutexes, const std::array<std::size_t, sizeof...(kIndex)>& order,
                   std::index_sequence<kIndex...>) {
    auto guards = lock_all(mutexes[order[kIndex]]...);
    (++*std::get<kIndex>(guards), ...);
}

template <std::size_t kCount>
class Permutations {
  public:
    /// Every thread goes through all orders, each starting at another one.
    static void run(std::size_t threads, int rounds) {
        std::array<Mutex<int>, kCount> mutexes{};
        int orders = 0;
        test::run_together(threads, [&](std::size_t index) {
            const int done = increment_in_all_orders(mutexes, index, rounds);
            if (index == 0) orders = done;
        });
        for (auto& mutex : mutexes) {
            EXPECT_EQ(mutex.get_mut(), orders * static_cast<int>(threads));
            EXPECT_FALSE(mutex.is_locked());
        }
        EXPECT_EQ(test::parked_anywhere(), 0U);
    }

  private:
    static int increment_in_all_orders(std::array<Mutex<int>, kCount>& mutexes, std::size_t start,
                                       int rounds) {
        std::array<std::size_t, kCount> order{};
        for (std::size_t i = 0; i < kCount; ++i) order[i] = i;
        for (std::size_t i = 0; i < start; ++i) std::next_permutation(order.begin(), order.end());
        int done = 0;
        for (int round = 0; round < rounds; ++round) {
            const auto first = order;
            do {
                increment_all(mutexes, order, std::make_index_sequence<kCount>{});
                ++done;
                std::next_permutation(order.begin(), order.end());
            } while (order != first);
        }
        return done;
    }
};

TEST(LockAllTest, two_mutexes_in_all_orders_do_not_deadlock) { Permutations<2>::run(4, 400); }
TEST(LockAllTest, three_mutexes_in_all_orders_do_not_deadlock) { Permutations<3>::run(4, 100); }
TEST(LockAllTest, four_mutexes_in_all_orders_do_not_deadlock) { Permutations<4>::run(4, 25); }

TEST(LockAllTest, does_not_deadlock_with_threads_that_lock_one_by_one) {
    constexpr int kRounds = 500;
    Mutex<int> first;
    Mutex<int> second;
    test::run_together(4, [&](std::size_t index) {
        for (int i = 0; i < kRounds; ++i) {
            if (index == 0) {  // in one fixed order, as is right without lock_all
                const auto outer = first.lock();
                const auto inner = second.lock();
                ++*outer, ++*inner;
            } else if (index == 1) {
                const auto only = second.lock();
                ++*only;
            } else {
                auto [b, a] = lock_all(second, first);
                ++*a, ++*b;
            }
        }
    });
    EXPECT_EQ(first.get_mut(), 3 * kRounds);
    EXPECT_EQ(second.get_mut(), 4 * kRounds);
}

TEST(LockAllTest, waits_without_holding_any_lock) {
    Mutex<int> first;
    Mutex<int> second;
    auto held = second.lock();
    test::Threads waiter;
    waiter.start([&]() {
        auto [a, b] = lock_all(first, second);
        ++*a, ++*b;
    });
    test::wait_for_waiters(second.raw(), 1);
    (void)first.lock();  // would wait for ever, were it held
    held.unlock();
    waiter.join();
    EXPECT_EQ(first.get_mut() + second.get_mut(), 2);
}

/// A user's raw lock whose functions throw when told to.
class ThrowingLock {
  public:
    void lock() {
        if (throw_on_lock) throw std::runtime_error{"lock"};
        lock_.lock();
    }
    bool try_lock() {
        if (throw_on_try) throw std::runtime_error{"try_lock"};
        return lock_.try_lock();
    }
    void unlock() { lock_.unlock(); }

    bool throw_on_lock = false;
    bool throw_on_try = false;

  private:
    test::SpinLock lock_;
};

TEST(LockAllTest, exception_out_of_a_lock_leaves_the_others_unlocked) {
    Mutex<int> first;
    Mutex<int> second;
    BasicMutex<ThrowingLock, int> third;
    third.raw().throw_on_try = true;
    EXPECT_THROW((void)lock_all(first, second, third), std::runtime_error);
    EXPECT_FALSE(first.is_locked() || second.is_locked());
    third.raw().throw_on_lock = true;
    EXPECT_THROW((void)lock_all(third, first, second), std::runtime_error);
    EXPECT_FALSE(first.is_locked() || second.is_locked());
    third.raw().throw_on_lock = third.raw().throw_on_try = false;
    const auto guards = lock_all(first, second, third);
    EXPECT_TRUE(first.is_locked() && second.is_locked());
}

#if !PARKING_LOT_USE_STD  // std::shared_mutex lets readers starve writers
// Readers who overlap are never away all at once, unless a writer that waits keeps new ones out.
TEST(LockAllTest, writer_of_two_is_not_starved_by_readers) {
    RwLock<int> one{0};
    RwLock<int> other{0};
    std::atomic<bool> done{false};
    std::atomic<int> reading{0};
    test::Threads readers;
    for (int i = 0; i < 6; ++i) {
        readers.start([&, i]() {
            while (!done) {
                const auto guard = (i % 2 == 0 ? one : other).read();
                ++reading;
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        });
    }
    test::wait_until([&]() { return reading >= 6; });
    for (int i = 0; i < 20; ++i) {
        const auto guards = lock_all(one.write_mode(), other.write_mode());
        ++*std::get<0>(guards).operator->();
    }
    done = true;
    EXPECT_EQ(*one.read().operator->(), 20);
}
#endif

}  // namespace
}  // namespace parking_lot
