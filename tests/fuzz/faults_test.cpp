// SPDX-License-Identifier: MIT
// The oracle can fail: it notices each of the faults that types are made with.
#include "fuzz/faults.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

#include "fuzz/program.hpp"
#include "fuzz/runner.hpp"

namespace parking_lot::fuzz {
namespace {

constexpr std::uint32_t kMostPrograms = 5000;

/// Runs programs until a promise is broken, and says which.
std::string first_broken_promise(std::uint32_t most) {
    for (std::uint32_t seed = 1; seed <= most; ++seed) {
        std::string broken = run(random_program(seed));
        if (!broken.empty()) return broken + " (program " + std::to_string(seed) + ")";
    }
    return {};
}

class FaultTest : public ::testing::TestWithParam<Fault> {
  protected:
    void SetUp() override { fault = GetParam(); }
    void TearDown() override { fault = Fault::None; }
};

TEST_P(FaultTest, IsNoticed) {
    const std::string broken = first_broken_promise(kMostPrograms);
    EXPECT_NE(broken, "");
    std::cout << broken << '\n';
}

INSTANTIATE_TEST_SUITE_P(
    Of, FaultTest,
    ::testing::Values(Fault::TryLockLies, Fault::TryLockRefuses, Fault::TimedLockLies,
                      Fault::TimedLockGivesUpEarly, Fault::BumpLetsGo, Fault::AwaitIgnoresPredicate,
                      Fault::ReadLies, Fault::TwoUpgradables, Fault::DowngradeLetsWriterIn,
                      Fault::UpgradeLetsWriterIn, Fault::TryUpgradeRefuses, Fault::ReleaseAddsOne,
                      Fault::ReleaseLosesOne, Fault::AcquireTakesNothing, Fault::LatchOpensEarly,
                      Fault::OnceRunsTwice, Fault::OnceIsDoneEarly, Fault::OnceCellIsSetTwice,
                      Fault::CondvarReturnsSpuriously, Fault::CondvarLosesNotification,
                      Fault::CondvarIgnoresPredicate, Fault::CondvarGivesUpEarly));
#if PARKING_LOT_HAS_STOP_TOKEN
INSTANTIATE_TEST_SUITE_P(OfStops, FaultTest, ::testing::Values(Fault::StoppableLockGivesUp));
#endif

TEST(FaultlessTypes, KeepAllPromises) { EXPECT_EQ(first_broken_promise(300), ""); }

TEST(StuckThreads, AreNoticed) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const auto lock_by_many = []() {
        fault = Fault::UnlockLeavesLocked;
        (void)run(parse("lock mutex\nend"), std::chrono::seconds{1});
    };
    EXPECT_DEATH(lock_by_many(), "Threads are stuck in this program");
}

}  // namespace
}  // namespace parking_lot::fuzz
