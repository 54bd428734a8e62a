// SPDX-License-Identifier: MIT
// Dining philosophers: lock_all of sets that overlap, by many threads. All of them must finish.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "parking_lot/fair_mutex.hpp"
#include "parking_lot/lock_all.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"
#include "support/locks.hpp"
#include "support/sanitizers.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

constexpr std::size_t kPhilosophers = 32;

/// Two counts that differ only while someone is at it.
struct Plate {
    long meals = 0;
    long again = 0;

    void eat() {
        EXPECT_EQ(meals, again);
        ++meals;
        std::this_thread::yield();  // so that others find the lock held
        ++again;
    }
    void look() const { EXPECT_EQ(meals, again); }
};

template <class Raw>
class RoundTableTest : public ::testing::Test {};
TYPED_TEST_SUITE(RoundTableTest, test::RawLocksAndUsers, test::LockNames);

TYPED_TEST(RoundTableTest, everyone_eats_with_both_neighbours_forks) {
    constexpr int kMeals = test::kThreadSanitizer ? 10 : 100;
    std::array<BasicMutex<TypeParam, Plate>, kPhilosophers> forks;
    test::run_together(kPhilosophers, [&forks](std::size_t index) {
        auto& left = forks[index];
        auto& right = forks[(index + 1) % kPhilosophers];
        for (int i = 0; i < kMeals; ++i) {
            auto [one, other] = lock_all(left, right);
            one->eat();
            other->eat();
        }
    });
    for (auto& fork : forks) {
        EXPECT_EQ(fork.get_mut().meals, 2 * kMeals);
        EXPECT_EQ(fork.get_mut().again, 2 * kMeals);
    }
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

enum class Mode { Write, Upgradable, Read };

/// What a philosopher wants for a meal: two mutexes of different kinds and two RwLocks.
struct Order {
    std::size_t mutex;
    std::size_t fair;
    std::array<std::size_t, 2> rwlocks;  // which differ
    std::array<Mode, 2> modes;
    bool mutexes_first;
};

class Wishes {
  public:
    static constexpr std::size_t kLocksOfAKind = 5;

    explicit Wishes(std::size_t philosopher)
        : random_{static_cast<std::mt19937::result_type>(philosopher)} {}

    Order next() {
        const std::size_t first = below(kLocksOfAKind);
        const std::size_t second = (first + 1 + below(kLocksOfAKind - 1)) % kLocksOfAKind;
        return {below(kLocksOfAKind),
                below(kLocksOfAKind),
                {first, second},
                {mode(), mode()},
                below(2) == 0};
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    Mode mode() { return static_cast<Mode>(below(3)); }

    std::mt19937 random_;
};

template <template <class> class AnRwLock>
class Table {
  public:
    void eat(const Order& order) {
        in_mode(order, 0, [&](auto first) {
            in_mode(order, 1, [&](auto second) { eat(order, first, second); });
        });
    }

    /// Whether exactly these were written, each as often.
    void expect_eaten(const std::vector<Order>& orders) {
        std::array<long, Wishes::kLocksOfAKind> mutexes{};
        std::array<long, Wishes::kLocksOfAKind> fair{};
        std::array<long, Wishes::kLocksOfAKind> rwlocks{};
        for (const Order& order : orders) {
            ++mutexes[order.mutex];
            ++fair[order.fair];
            for (std::size_t i = 0; i < 2; ++i) {
                if (order.modes[i] == Mode::Write) ++rwlocks[order.rwlocks[i]];
            }
        }
        for (std::size_t i = 0; i < Wishes::kLocksOfAKind; ++i) {
            EXPECT_EQ(mutexes_[i].get_mut().again, mutexes[i]);
            EXPECT_EQ(fair_[i].get_mut().again, fair[i]);
            EXPECT_EQ(rwlocks_[i].get_mut().again, rwlocks[i]);
            EXPECT_FALSE(mutexes_[i].is_locked() || fair_[i].is_locked());
            EXPECT_FALSE(rwlocks_[i].is_locked());
        }
    }

  private:
    template <class Function>
    void in_mode(const Order& order, std::size_t which, Function&& function) {
        auto& rwlock = rwlocks_[order.rwlocks[which]];
        switch (order.modes[which]) {
            case Mode::Write:
                return function(rwlock.write_mode());
            case Mode::Upgradable:
                return function(rwlock.upgradable_mode());
            case Mode::Read:
                return function(rwlock.read_mode());
        }
    }

    template <class First, class Second>
    void eat(const Order& order, First first, Second second) {
        auto& mutex = mutexes_[order.mutex];
        auto& fair = fair_[order.fair];
        if (order.mutexes_first) {
            auto guards = lock_all(mutex, fair, first, second);
            std::apply([](auto&... guard) { (use(*guard), ...); }, guards);
        } else {
            auto guards = lock_all(second, fair, first, mutex);
            std::apply([](auto&... guard) { (use(*guard), ...); }, guards);
        }
    }

    static void use(Plate& plate) { plate.eat(); }
    static void use(const Plate& plate) { plate.look(); }

    std::array<Mutex<Plate>, Wishes::kLocksOfAKind> mutexes_;
    std::array<FairMutex<Plate>, Wishes::kLocksOfAKind> fair_;
    std::array<AnRwLock<Plate>, Wishes::kLocksOfAKind> rwlocks_;
};

template <template <class> class AnRwLock>
void everyone_eats_what_they_ordered() {
    constexpr int kMeals = test::kThreadSanitizer ? 8 : 60;
    Table<AnRwLock> table;
    test::run_together(kPhilosophers, [&table](std::size_t index) {
        Wishes wishes{index};
        for (int i = 0; i < kMeals; ++i) table.eat(wishes.next());
    });
    std::vector<Order> orders;
    for (std::size_t index = 0; index < kPhilosophers; ++index) {
        Wishes wishes{index};
        for (int i = 0; i < kMeals; ++i) orders.push_back(wishes.next());
    }
    table.expect_eaten(orders);
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

TEST(RandomOrdersTest, of_mutexes_and_rwlocks) { everyone_eats_what_they_ordered<RwLock>(); }
TEST(RandomOrdersTest, of_mutexes_and_reader_preferring_rwlocks) {
    everyone_eats_what_they_ordered<ReaderPreferringRwLock>();
}
TEST(RandomOrdersTest, of_mutexes_and_writer_preferring_rwlocks) {
    everyone_eats_what_they_ordered<WriterPreferringRwLock>();
}

}  // namespace
}  // namespace parking_lot
