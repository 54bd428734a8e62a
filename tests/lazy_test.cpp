// SPDX-License-Identifier: MIT
// Lazy: made when first used, once, whoever comes first.
#include "parking_lot/lazy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "parking_lot/mutex.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

int times_made = 0;

std::string make_greeting() {
    ++times_made;
    return "hello";
}

constinit Lazy<std::string> by_function{make_greeting};
constinit Lazy by_lambda{[]() { return 42; }};

static_assert(std::is_same_v<decltype(by_lambda)::ValueType, int>);
static_assert(sizeof(by_lambda) == sizeof(OnceCell<int>), "a stateless function takes no room");
static_assert(!std::is_copy_constructible_v<Lazy<int>> && !std::is_move_constructible_v<Lazy<int>>);
static_assert(std::is_same_v<decltype(*std::declval<Lazy<int>&>()), int&>);
static_assert(std::is_same_v<decltype(*std::declval<const Lazy<int>&>()), const int&>);

TEST(LazyTest, is_made_on_first_use) {
    times_made = 0;
    EXPECT_EQ(by_function.get_if_ready(), nullptr);
    EXPECT_EQ(std::as_const(by_function).get_if_ready(), nullptr);
    EXPECT_EQ(times_made, 0);
    EXPECT_EQ(by_function->size(), 5U);
    EXPECT_EQ(*by_function, "hello");
    EXPECT_EQ(by_function.force(), "hello");
    EXPECT_EQ(times_made, 1);
    EXPECT_EQ(by_function.get_if_ready(), &*by_function);
}

TEST(LazyTest, stateless_function_is_deduced) { EXPECT_EQ(*by_lambda, 42); }

TEST(LazyTest, function_may_have_state) {
    int runs = 0;
    Lazy lazy{[&runs, start = std::make_unique<int>(10)]() { return *start + ++runs; }};
    EXPECT_EQ(*lazy, 11);
    EXPECT_EQ(*lazy, 11);
}

TEST(LazyTest, const_lazy_is_made_too) {
    const Lazy lazy{[runs = 0]() mutable { return ++runs; }};
    EXPECT_EQ(*lazy, 1);
    EXPECT_EQ(lazy.force(), 1);
    static_assert(std::is_same_v<decltype(lazy.operator->()), const int*>);
}

TEST(LazyTest, value_may_be_changed_by_its_owner) {
    Lazy lazy{[]() { return 1; }};
    *lazy += 1;
    EXPECT_EQ(*lazy, 2);
}

TEST(LazyTest, value_may_be_immovable) {
    Lazy lazy{[]() { return Mutex<int>{3}; }};
    EXPECT_EQ(lazy->with_lock([](int& n) { return ++n; }), 4);
}

TEST(LazyTest, value_may_be_made_from_what_the_function_returns) {
    Lazy<std::string> lazy{+[]() -> std::string { return "text"; }};
    Lazy<std::string, const char* (*)()> converted{+[]() { return "text"; }};
    EXPECT_EQ(*lazy, *converted);
}

TEST(LazyTest, a_function_that_throws_is_tried_again) {
    int runs = 0;
    Lazy lazy{[&]() -> int {
        if (++runs < 3) throw std::runtime_error{"not yet"};
        return runs;
    }};
    EXPECT_THROW(lazy.force(), std::runtime_error);
    EXPECT_THROW((void)*lazy, std::runtime_error);
    EXPECT_EQ(lazy.get_if_ready(), nullptr);
    EXPECT_EQ(*lazy, 3);
}

TEST(LazyTest, lazies_may_depend_on_each_other) {
    Lazy first{[]() { return 1; }};
    Lazy second{[&]() { return *first + 1; }};
    EXPECT_EQ(*second, 2);
    EXPECT_NE(first.get_if_ready(), nullptr);
}

TEST(LazyTest, threads_make_it_once) {
    constexpr std::size_t kLazies = 300;
    std::array<std::atomic<int>, kLazies> runs{};
    struct Numbered {
        std::atomic<int>* runs;
        std::string operator()() const {
            ++*runs;
            return "a string too long to be short";
        }
    };
    std::vector<std::unique_ptr<Lazy<std::string, Numbered>>> lazies;
    for (auto& count : runs) {
        lazies.push_back(std::make_unique<Lazy<std::string, Numbered>>(Numbered{&count}));
    }
    test::run_together(4, [&](std::size_t) {
        for (const auto& lazy : lazies) EXPECT_EQ((*lazy)->size(), 29U);
    });
    for (const auto& count : runs) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace parking_lot
