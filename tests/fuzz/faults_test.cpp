// SPDX-License-Identifier: MIT
// The oracle can fail: it notices each of the faults that types are made with.
#include "fuzz/faults.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
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

struct Case {
    Fault fault;
    const char* promise;  ///< what is noticed
};

class FaultTest : public ::testing::TestWithParam<Case> {
  protected:
    void SetUp() override { fault = GetParam().fault; }
    void TearDown() override { fault = Fault::None; }
};

TEST_P(FaultTest, IsNoticed) {
    const std::string broken = first_broken_promise(kMostPrograms);
    std::cout << broken << '\n';
    EXPECT_NE(broken.find(GetParam().promise), std::string::npos) << broken;
}

INSTANTIATE_TEST_SUITE_P(
    Fuzz, FaultTest,
    ::testing::Values(Case{Fault::TryLockLies, ""}, Case{Fault::TryLockRefuses, ""},
                      Case{Fault::TimedLockLies, ""}, Case{Fault::TimedLockGivesUpEarly, ""},
                      Case{Fault::StoppableLockGivesUp, ""}, Case{Fault::BumpLetsGo, ""},
                      Case{Fault::AwaitIgnoresPredicate, ""}, Case{Fault::ReadLies, ""},
                      Case{Fault::TwoUpgradables, ""}, Case{Fault::DowngradeLetsWriterIn, ""},
                      Case{Fault::UpgradeLetsWriterIn, ""}, Case{Fault::TryUpgradeRefuses, ""},
                      Case{Fault::ReleaseAddsOne, ""}, Case{Fault::ReleaseLosesOne, ""},
                      Case{Fault::AcquireTakesNothing, ""}, Case{Fault::LatchOpensEarly, ""},
                      Case{Fault::OnceRunsTwice, ""}, Case{Fault::OnceIsDoneEarly, ""},
                      Case{Fault::OnceCellIsSetTwice, ""},
                      Case{Fault::CondvarReturnsSpuriously, ""},
                      Case{Fault::CondvarLosesNotification, ""},
                      Case{Fault::CondvarIgnoresPredicate, ""},
                      Case{Fault::CondvarGivesUpEarly, ""}));

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
