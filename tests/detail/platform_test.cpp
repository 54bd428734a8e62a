// SPDX-License-Identifier: MIT
// The platform's sleeping interface: one suite for every backend that compiles here.
#include "parking_lot/detail/platform.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <type_traits>

#include "parking_lot/detail/platform/generic.hpp"
#include "support/asleep.hpp"
#include "support/child.hpp"
#include "support/emulated.hpp"
#include "support/threads.hpp"
#include "support/unmapped.hpp"
#if defined(__linux__)
#include "parking_lot/detail/platform/linux_futex.hpp"
#elif defined(_WIN32)
#include "parking_lot/detail/platform/windows_wait.hpp"
#endif
#if PARKING_LOT_TEST_STAND_INS  // for what other systems have: see tests/platforms
#include "parking_lot/detail/platform/emscripten_futex.hpp"
#include "parking_lot/detail/platform/freebsd_umtx.hpp"
#include "parking_lot/detail/platform/macos_sync.hpp"
#endif

namespace parking_lot::detail::platform {
namespace {

using namespace std::chrono_literals;

/// A word that threads sleep on while it is zero.
template <class Platform>
class Gate {
  public:
    void pass() const {
        while (word_.load() == 0) Platform::wait(word_, 0, Deadline::never());
    }
    void open_for_one() {
        word_.store(1);
        Platform::wake_one(&word_);
    }
    void open_for_all() {
        word_.store(1);
        Platform::wake_all(&word_);
    }
    void close() { word_.store(0); }

  private:
    std::atomic<std::uint32_t> word_{0};
};

template <class Platform>
struct SleepingTest : ::testing::Test {
    std::atomic<std::uint32_t> word{0};
};

struct BackendNames {
    template <class Platform>
    static std::string GetName(int) {
        std::string name = Platform::kName;
        std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
        return name;
    }
};

#if defined(__linux__)
using Native = LinuxFutex;
#elif defined(_WIN32)
using Native = WindowsWait;
#elif defined(__EMSCRIPTEN_PTHREADS__)
using Native = EmscriptenFutex;
#else
using Native = Generic;
#endif
#if PARKING_LOT_TEST_STAND_INS
using Backends = ::testing::Types<EmscriptenFutex, FreebsdUmtx, MacosSync>;
#else
using Backends = std::conditional_t<std::is_same_v<Native, Generic>, ::testing::Types<Generic>,
                                    ::testing::Types<Native, Generic>>;
#endif
TYPED_TEST_SUITE(SleepingTest, Backends, BackendNames);

TYPED_TEST(SleepingTest, ReturnsAtOnceWhenTheWordDiffers) {
    EXPECT_TRUE(TypeParam::wait(this->word, 1, Deadline::never()));
    EXPECT_TRUE(TypeParam::wait(this->word, ~0u, Deadline::never()));
}

TYPED_TEST(SleepingTest, PassedDeadlineReturnsAtOnce) {
    EXPECT_FALSE(TypeParam::wait(this->word, 0, Deadline::passed()));
    const Deadline past = Deadline::after(1ns);
    test::wait_until([&]() { return past.has_passed(); });
    EXPECT_FALSE(TypeParam::wait(this->word, 0, past));
}

TYPED_TEST(SleepingTest, DoesNotGiveUpBeforeTheDeadline) {
    // One after the other, so that some end in another second than they began.
    for (const auto patience : {20'000us, 1us, 999us, 20'001us, 1000us}) {
        const auto start = Deadline::Clock::now();
        const Deadline deadline = Deadline::after(patience);
        while (TypeParam::wait(this->word, 0, deadline)) {
            // Woken for no reason.
        }
        EXPECT_GE(Deadline::Clock::now() - start, patience);
    }
}

TYPED_TEST(SleepingTest, LongDeadlineDoesNotPreventAWake) {
    test::Threads threads;
    threads.start([this]() {
        while (this->word.load() == 0) {
            EXPECT_TRUE(TypeParam::wait(this->word, 0, Deadline::after(std::chrono::years{29})));
        }
    });
    this->word.store(1);
    TypeParam::wake_one(&this->word);
}

TYPED_TEST(SleepingTest, NoWakeIsLostBetweenTwoThreads) {
    Gate<TypeParam> ping;
    Gate<TypeParam> pong;
    test::Threads threads;
    constexpr int kRounds = 2000;
    threads.start([&]() {
        for (int i = 0; i < kRounds; ++i) {
            ping.pass();
            ping.close();
            pong.open_for_one();
        }
    });
    for (int i = 0; i < kRounds; ++i) {
        ping.open_for_one();
        pong.pass();
        pong.close();
    }
}

TYPED_TEST(SleepingTest, WakeAllReachesEveryThread) {
    for (int round = 0; round < 20; ++round) {
        Gate<TypeParam> gate;
        test::Threads threads;
        for (int i = 0; i < 16; ++i) threads.start([&]() { gate.pass(); });
        gate.open_for_all();
    }
}

TYPED_TEST(SleepingTest, OneWakeForEachThreadReachesAll) {
    constexpr int kThreads = 16;
    Gate<TypeParam> gate;
    test::Threads threads;
    for (int i = 0; i < kThreads; ++i) threads.start([&]() { gate.pass(); });
    for (int i = 0; i < kThreads; ++i) gate.open_for_one();
}

TYPED_TEST(SleepingTest, WordsAreIndependent) {
    constexpr std::size_t kThreads = 32;
    std::array<Gate<TypeParam>, kThreads> gates;
    std::atomic<std::size_t> passed{0};
    test::Threads threads;
    for (auto& gate : gates) {
        threads.start([&]() {
            gate.pass();
            passed.fetch_add(1);
        });
    }
    for (std::size_t i = 0; i < kThreads; ++i) {
        gates[i].open_for_one();
        test::wait_until([&]() { return passed.load() == i + 1; });
    }
}

TYPED_TEST(SleepingTest, WakingNobodyDoesNothing) {
    TypeParam::wake_one(&this->word);
    TypeParam::wake_all(&this->word);
    EXPECT_EQ(this->word.load(), 0u);
}

TYPED_TEST(SleepingTest, WakingAddressThatIsNotMappedDoesNothing) {
    void* const page = test::unmapped_page();
    ASSERT_NE(page, nullptr);
    TypeParam::wake_one(page);
    TypeParam::wake_all(page);
    TypeParam::wake_one(nullptr);
}

TYPED_TEST(SleepingTest, LeavesErrnoAlone) {
    errno = 4711;
    EXPECT_TRUE(TypeParam::wait(this->word, 1, Deadline::never()));
    EXPECT_EQ(errno, 4711);
    const Deadline deadline = Deadline::after(1ms);
    while (TypeParam::wait(this->word, 0, deadline)) {
    }
    EXPECT_EQ(errno, 4711);
    EXPECT_FALSE(TypeParam::wait(this->word, 0, Deadline::passed()));
    TypeParam::wake_one(&this->word);
    TypeParam::wake_all(nullptr);
    EXPECT_EQ(errno, 4711);
}

TYPED_TEST(SleepingTest, WorksInAChildThatWasForkedWhileOthersSleep) {
    SKIP_WITHOUT_FORK();
    SKIP_WITHOUT_THREADS_IN_CHILD();
    constexpr std::size_t kThreads = 8;
    std::array<Gate<TypeParam>, kThreads> gates;
    std::array<std::atomic<int>, kThreads> numbers{};
    test::Threads threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
        threads.start([&, i]() {
            numbers[i].store(test::thread_number());
            gates[i].pass();
        });
    }
    for (const auto& number : numbers) {
        test::wait_until([&]() { return number.load() != 0; });
        test::wait_until_asleep(number.load());
    }
    EXPECT_EQ(test::run_in_child([&]() {
                  TypeParam::reset_after_fork();
                  for (auto& gate : gates) {
                      for (int round = 0; round < 3; ++round) {
                          gate.close();
                          std::thread waiting{[&]() { gate.pass(); }};
                          gate.open_for_one();
                          waiting.join();
                      }
                  }
                  return 0;
              }),
              0);
    for (auto& gate : gates) gate.open_for_one();
}

TYPED_TEST(SleepingTest, HasAName) { EXPECT_STRNE(TypeParam::kName, ""); }

/// Mostly awake, for two threads that are to meet.
template <class Condition>
void spin_until(Condition&& condition) {
    for (int i = 1; !condition(); ++i) {
        if (i % 200 == 0) std::this_thread::yield();
    }
}

/// Two threads, each of which stores to its own word and then loads the other's. With the light
/// fence in one and the heavy one in the other at least one of them sees the other's store.
TEST(AsymmetricFenceTest, HeavyFencePairsWithACompilerFence) {
    if (!AsymmetricFence::enroll()) GTEST_SKIP() << "refused by this system";
    constexpr int kRounds = 1000;
    std::atomic<int> light{0};
    std::atomic<int> heavy{0};
    std::atomic<int> seen_by_light{0};
    std::atomic<int> round{0};
    test::Threads threads;
    threads.start([&]() {
        for (int i = 1; i <= kRounds; ++i) {
            spin_until([&]() { return round.load() == i; });
            light.store(i, std::memory_order_relaxed);
            std::atomic_signal_fence(std::memory_order_seq_cst);
            seen_by_light.store(heavy.load(std::memory_order_relaxed) == i ? i : -i);
        }
    });
    for (int i = 1; i <= kRounds; ++i) {
        round.store(i);
        heavy.store(i, std::memory_order_relaxed);
        ASSERT_TRUE(AsymmetricFence::heavy_fence());
        const bool seen_by_heavy = light.load(std::memory_order_relaxed) == i;
        spin_until([&]() { return std::abs(seen_by_light.load()) == i; });
        ASSERT_TRUE(seen_by_heavy || seen_by_light.load() == i);
    }
}

TEST(Platform, SelectsTheBackendTheConfigurationAsksFor) {
    EXPECT_TRUE(
        (std::is_same_v<Sleeping,
                        std::conditional_t<PARKING_LOT_GENERIC_PLATFORM, Generic, Native>>));
}

}  // namespace
}  // namespace parking_lot::detail::platform
