// SPDX-License-Identifier: MIT
// Onces, cells and reentrant mutexes in a program without exceptions and RTTI.
#include <gtest/gtest.h>

#include <optional>

#include "parking_lot/lazy.hpp"
#include "parking_lot/reentrant_mutex.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile with -fno-exceptions -fno-rtti"
#endif

namespace parking_lot {
namespace {

TEST(WithoutExceptionsTest, all_work) {
    Once once;
    once.call_once([]() {});
    EXPECT_TRUE(once.try_call_once([]() {}));

    OnceCell<int> cell;
    EXPECT_EQ(cell.get_or_try_init([]() { return std::optional<int>{}; }), nullptr);
    EXPECT_EQ(cell.get_or_init([]() { return 2; }), 2);

    Lazy lazy{[]() { return 3; }};
    EXPECT_EQ(*lazy, 3);

    ReentrantMutex<int> mutex{4};
    const auto outer = mutex.lock();
    EXPECT_EQ(*outer, mutex.with_lock([](const int& n) { return n; }));
}

}  // namespace
}  // namespace parking_lot
