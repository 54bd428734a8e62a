// SPDX-License-Identifier: MIT
// WindowsWait and WindowsFence: what only Windows has. The rest is in platform_test.cpp.
#include <gtest/gtest.h>
#include <windows.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "parking_lot/detail/platform/windows_fence.hpp"
#include "parking_lot/detail/platform/windows_wait.hpp"
#include "support/threads.hpp"

namespace parking_lot::detail::platform {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOptOut = "PARKING_LOT_NO_MEMBARRIER";

TEST(WindowsWait, LeavesTheLastErrorAlone) {
    std::atomic<std::uint32_t> word{0};
    ::SetLastError(4711);
    const Deadline deadline = Deadline::after(1ms);
    while (WindowsWait::wait(word, 0, deadline)) {
    }
    EXPECT_TRUE(WindowsWait::wait(word, 1, Deadline::never()));
    WindowsWait::wake_one(&word);
    WindowsWait::wake_all(nullptr);
    EXPECT_EQ(::GetLastError(), 4711u);
}

// 2^32 - 1 milliseconds mean "for ever" to Windows, and 2^32 nothing.
TEST(WindowsWait, DeadlinesAboutTheLargestCountOfMillisecondsAreWakable) {
    const auto largest = std::chrono::milliseconds{0xFFFFFFFF};
    for (const auto patience : {largest - 1ms, largest, largest + 1ms, largest + 10ms}) {
        std::atomic<std::uint32_t> word{0};
        std::atomic<bool> is_over{false};
        test::Threads threads;
        threads.start([&]() {
            while (word.load() == 0) {
                EXPECT_TRUE(WindowsWait::wait(word, 0, Deadline::after(patience)));
            }
            is_over.store(true);
        });
        std::this_thread::sleep_for(15ms);
        EXPECT_FALSE(is_over.load());
        word.store(1);
        WindowsWait::wake_one(&word);
    }
}

// A thread may lose the processor between the look at its deadline and the count.
TEST(WindowsWait, ADeadlineThatHasPassedIsNoLongSleep) {
    const auto now = Deadline::Clock::now();
    for (const auto lateness : {0ms, 1ms, 3ms, 20ms}) {
        EXPECT_EQ(WindowsWait::milliseconds_until(now - lateness), 0u);
    }
    EXPECT_EQ(WindowsWait::milliseconds_until(Deadline::Clock::time_point::min() + 1h), 0u);
}

TEST(WindowsFence, TheValueOneOptsOut) {
    const bool works = WindowsFence::enroll();
    for (const char* const value : {"", "0", "10", "1"}) {
        ASSERT_TRUE(::SetEnvironmentVariableA(kOptOut, value));
        EXPECT_EQ(WindowsFence::enroll(), works && std::string_view{value} != "1") << value;
    }
    ASSERT_TRUE(::SetEnvironmentVariableA(kOptOut, nullptr));
    EXPECT_EQ(WindowsFence::enroll(), works);
}

TEST(WindowsFence, LeavesTheLastErrorAlone) {
    ::SetLastError(4711);
    (void)WindowsFence::enroll();
    EXPECT_TRUE(WindowsFence::heavy_fence());
    EXPECT_EQ(::GetLastError(), 4711u);
}

// Wine's function may do nothing: relying on it would lose wake-ups.
TEST(WindowsFence, IsNotReliedOnUnderWine) {
    const HMODULE ntdll = ::GetModuleHandleA("ntdll.dll");
    if (::GetProcAddress(ntdll, "wine_get_version") == nullptr) GTEST_SKIP() << "this is not Wine";
    EXPECT_FALSE(WindowsFence::enroll());
}

}  // namespace
}  // namespace parking_lot::detail::platform
