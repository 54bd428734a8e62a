// SPDX-License-Identifier: MIT
// OnceCell: set once, by whoever comes first; read, waited for and taken out.
#include "parking_lot/once_cell.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "parking_lot/mutex.hpp"
#include "support/onces.hpp"
#include "support/threads.hpp"

#if PARKING_LOT_HAS_STOP_TOKEN
#include <stop_token>
#endif

namespace parking_lot {
namespace {

using namespace std::chrono_literals;
using test::wait_for_waiters;

constinit OnceCell<int> constant_empty;
constinit OnceCell<int> constant_set{7};
constinit OnceCell<std::string> constant_string;

static_assert(PARKING_LOT_CHECKED || std::is_trivially_destructible_v<OnceCell<int>>);
static_assert(!std::is_trivially_destructible_v<OnceCell<std::string>>);
static_assert(!std::is_copy_constructible_v<OnceCell<int>>);
static_assert(!std::is_move_constructible_v<OnceCell<int>>);
static_assert(PARKING_LOT_USE_STD || PARKING_LOT_CHECKED || sizeof(OnceCell<char>) == 2);
static_assert(std::is_same_v<decltype(std::declval<OnceCell<int>&>().get()), int*>);
static_assert(std::is_same_v<decltype(std::declval<const OnceCell<int>&>().get()), const int*>);

/// Counts how many of its kind are alive.
class Counted {
  public:
    explicit Counted(int value) : value_{value} { ++alive; }
    Counted(Counted&& other) noexcept : value_{other.value_} { ++alive; }
    Counted& operator=(Counted&&) = delete;
    ~Counted() { --alive; }

    [[nodiscard]] int value() const { return value_; }

    static inline int alive = 0;

  private:
    int value_;
};

TEST(OnceCellTest, starts_empty) {
    OnceCell<int> cell;
    EXPECT_EQ(cell.get(), nullptr);
    EXPECT_FALSE(cell.is_set());
    EXPECT_EQ(std::as_const(cell).get(), nullptr);
    EXPECT_EQ(constant_empty.get(), nullptr);
    EXPECT_EQ(constant_string.get(), nullptr);
}

TEST(OnceCellTest, a_cell_may_be_set_from_the_start) {
    ASSERT_NE(constant_set.get(), nullptr);
    EXPECT_EQ(*constant_set.get(), 7);
    EXPECT_FALSE(constant_set.set(8));
    OnceCell<std::string> cell{"from the start"};
    EXPECT_EQ(cell.wait(), "from the start");
}

TEST(OnceCellTest, set_works_once) {
    OnceCell<std::string> cell;
    EXPECT_TRUE(cell.set("first"));
    EXPECT_FALSE(cell.set("second"));
    EXPECT_FALSE(cell.emplace(3U, 'x'));
    EXPECT_EQ(*cell.get(), "first");
}

TEST(OnceCellTest, emplace_constructs_in_place) {
    OnceCell<std::string> cell;
    EXPECT_TRUE(cell.emplace(3U, 'x'));
    EXPECT_EQ(*cell.get(), "xxx");
}

TEST(OnceCellTest, get_or_init_runs_one_function) {
    OnceCell<std::string> cell;
    EXPECT_EQ(cell.get_or_init([]() { return "made"; }), "made");
    std::string& value = cell.get_or_init([]() -> std::string { throw std::logic_error{"twice"}; });
    EXPECT_EQ(value, "made");
    EXPECT_EQ(&value, cell.get());
}

TEST(OnceCellTest, a_function_that_throws_leaves_the_cell_empty) {
    OnceCell<std::string> cell;
    const auto fail = []() -> std::string { throw std::runtime_error{"no"}; };
    EXPECT_THROW((void)cell.get_or_init(fail), std::runtime_error);
    EXPECT_EQ(cell.get(), nullptr);
    EXPECT_EQ(cell.get_or_init([]() { return "second"; }), "second");
}

TEST(OnceCellTest, a_constructor_that_throws_leaves_the_cell_empty) {
    struct Picky {
        explicit Picky(int value) {
            if (value == 0) throw std::runtime_error{"zero"};
        }
    };
    OnceCell<Picky> cell;
    EXPECT_THROW((void)cell.emplace(0), std::runtime_error);
    EXPECT_FALSE(cell.is_set());
    EXPECT_TRUE(cell.emplace(1));
    EXPECT_TRUE(cell.is_set());
}

TEST(OnceCellTest, get_or_try_init_leaves_the_cell_empty_when_there_is_no_value) {
    OnceCell<std::string> cell;
    const auto nothing = []() { return std::optional<std::string>{}; };
    EXPECT_EQ(cell.get_or_try_init(nothing), nullptr);
    EXPECT_FALSE(cell.is_set());
    const std::string* value =
        cell.get_or_try_init([]() { return std::optional<std::string>{"something"}; });
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(*value, "something");
    EXPECT_EQ(cell.get_or_try_init(nothing), value);
}

TEST(OnceCellTest, get_or_try_init_takes_what_is_like_an_optional) {
    OnceCell<std::string> cell;
    const auto pointer = []() { return std::make_unique<std::string>("pointed to"); };
    ASSERT_NE(cell.get_or_try_init(pointer), nullptr);
    EXPECT_EQ(*cell.get(), "pointed to");
}

TEST(OnceCellTest, a_value_that_cannot_be_moved_is_made_in_place) {
    OnceCell<Mutex<int>> cell;
    Mutex<int>& mutex = cell.get_or_init([]() { return Mutex<int>{3}; });
    EXPECT_EQ(mutex.with_lock([](int& n) { return ++n; }), 4);
    EXPECT_EQ(cell.get(), &mutex);
}

TEST(OnceCellTest, values_are_destroyed_with_their_cell) {
    {
        OnceCell<Counted> empty;
        OnceCell<Counted> cell;
        EXPECT_TRUE(cell.emplace(1));
        EXPECT_FALSE(cell.set(Counted{2}));
        EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_EQ(Counted::alive, 0);
}

TEST(OnceCellTest, take_moves_the_value_out) {
    OnceCell<Counted> cell;
    EXPECT_FALSE(cell.take().has_value());
    EXPECT_TRUE(cell.emplace(1));
    {
        const std::optional<Counted> taken = cell.take();
        ASSERT_TRUE(taken.has_value());
        EXPECT_EQ(taken->value(), 1);
        EXPECT_EQ(Counted::alive, 1);
    }
    EXPECT_FALSE(cell.is_set());
    EXPECT_TRUE(cell.emplace(2));
    EXPECT_EQ(cell.get()->value(), 2);
    const std::optional<Counted> inner = std::move(cell).into_inner();
    ASSERT_TRUE(inner.has_value());
    EXPECT_EQ(inner->value(), 2);
    EXPECT_EQ(Counted::alive, 1);
}

TEST(OnceCellTest, every_kind_of_wait_ends_when_the_cell_is_set) {
    OnceCell<int> cell;
    EXPECT_EQ(cell.wait_for(1ms), nullptr);
    EXPECT_EQ(cell.wait_until(std::chrono::steady_clock::now() + 1ms), nullptr);
    test::Threads threads;
    threads.start([&]() { EXPECT_EQ(cell.wait(), 5); });
    threads.start([&]() { EXPECT_NE(cell.wait_for(1h), nullptr); });
    threads.start(
        [&]() { EXPECT_NE(cell.wait_until(std::chrono::system_clock::now() + 1h), nullptr); });
    wait_for_waiters(cell, 3);
    EXPECT_TRUE(cell.set(5));
    threads.join();
    EXPECT_EQ(*cell.wait_for(0s), 5);
}

#if PARKING_LOT_HAS_STOP_TOKEN
TEST(OnceCellTest, stop_request_ends_a_wait) {
    OnceCell<int> cell;
    std::stop_source stop;
    test::Threads waiter;
    waiter.start([&]() { EXPECT_EQ(cell.wait(stop.get_token()), nullptr); });
    wait_for_waiters(cell, 1);
    stop.request_stop();
    waiter.join();
    EXPECT_TRUE(cell.set(5));
    EXPECT_EQ(*cell.wait(stop.get_token()), 5);
}
#endif

TEST(OnceCellTest, threads_that_set_a_cell_agree_on_one_value) {
    constexpr std::size_t kCells = 300;
    const auto cells = std::make_unique<std::array<OnceCell<std::string>, kCells>>();
    std::atomic<std::size_t> sets{0};
    test::run_together(4, [&](std::size_t thread) {
        for (auto& cell : *cells) {
            const std::string mine = "a string too long to be short " + std::to_string(thread);
            if (thread == 0 && cell.set(mine)) ++sets;
            const std::string& seen = cell.get_or_init([&]() {
                ++sets;
                return mine;
            });
            EXPECT_EQ(&seen, cell.get());
            EXPECT_EQ(seen.size(), mine.size());
        }
    });
    EXPECT_EQ(sets, kCells);
}

}  // namespace
}  // namespace parking_lot
