// SPDX-License-Identifier: MIT
// What checked builds report about onces.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <thread>

#include "parking_lot/lazy.hpp"
#include "parking_lot/once.hpp"
#include "parking_lot/once_cell.hpp"
#include "support/threads.hpp"

#if !PARKING_LOT_CHECKED
#error "compile with PARKING_LOT_CHECKED=1"
#endif

namespace parking_lot {
namespace {

constexpr const char* kSelfDeadlock = "parking_lot: self-deadlock: a once waits for itself";

class OnceMisuseDeathTest : public ::testing::Test {
  protected:
    OnceMisuseDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(OnceMisuseDeathTest, call_once_within_its_function_is_reported) {
    Once once;
    EXPECT_DEATH(once.call_once([&]() { once.call_once([]() {}); }), kSelfDeadlock);
}

TEST_F(OnceMisuseDeathTest, wait_within_its_function_is_reported) {
    Once once;
    EXPECT_DEATH(once.call_once([&]() { once.wait(); }), kSelfDeadlock);
}

TEST_F(OnceMisuseDeathTest, a_cell_that_needs_itself_is_reported) {
    OnceCell<int> cell;
    EXPECT_DEATH((void)cell.get_or_init([&]() { return cell.get_or_init([]() { return 1; }); }),
                 kSelfDeadlock);
    EXPECT_DEATH((void)cell.get_or_init([&]() { return cell.set(1) ? 1 : 2; }), kSelfDeadlock);
}

TEST_F(OnceMisuseDeathTest, a_lazy_that_needs_itself_is_reported) {
    static Lazy<int>* self = nullptr;
    Lazy<int> lazy{+[]() { return **self + 1; }};
    self = &lazy;
    EXPECT_DEATH(lazy.force(), kSelfDeadlock);
}

TEST_F(OnceMisuseDeathTest, ending_what_was_not_begun_is_reported) {
    DefaultRawOnce once;
    EXPECT_DEATH(once.complete(), "parking_lot: end of a once not in progress");
    EXPECT_DEATH(once.abandon(), "parking_lot: end of a once not in progress");
}

TEST_F(OnceMisuseDeathTest, reset_in_progress_is_reported) {
    Once once;
    EXPECT_DEATH(once.call_once([&]() { once.reset(); }),
                 "parking_lot: reset of a once in progress");
}

TEST_F(OnceMisuseDeathTest, destruction_in_progress_is_reported) {
    EXPECT_DEATH(
        {
            DefaultRawOnce once;
            EXPECT_TRUE(once.begin());
        },
        "parking_lot: destruction of a once in progress");
}

TEST_F(OnceMisuseDeathTest, destruction_of_what_a_thread_waits_for_is_reported) {
    auto once = std::make_unique<Once>();
    EXPECT_DEATH(
        {
            std::thread{[&]() { once->wait(); }}.detach();
            test::wait_for_parked(once.get(), 1);
            once.reset();
        },
        "parking_lot: destruction of a lock that threads wait for .parking_lot::Once");
}

TEST_F(OnceMisuseDeathTest, one_of_static_storage_may_be_in_progress_at_the_end) {
    static Once once;
    EXPECT_EXIT(once.call_once([]() { std::exit(7); }), ::testing::ExitedWithCode(7), "");
}

TEST_F(OnceMisuseDeathTest, what_is_allowed_is_not_reported) {
    Once once;
    once.call_once([&]() {
        EXPECT_FALSE(once.try_call_once([]() {}));
        EXPECT_FALSE(once.wait_for(std::chrono::milliseconds{1}));
    });
    once.call_once([]() {});
    once.wait();
    once.reset();
    once.call_once([&]() { EXPECT_EQ(once.state(), OnceState::InProgress); });
}

}  // namespace
}  // namespace parking_lot
