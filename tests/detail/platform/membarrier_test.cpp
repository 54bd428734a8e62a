// SPDX-License-Identifier: MIT
// Membarrier and NoMembarrier: leave to fence, the fence, and their refusal.
#include "parking_lot/detail/platform/membarrier.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>

#include "parking_lot/detail/platform/no_membarrier.hpp"
#include "support/child.hpp"
#include "support/sandbox.hpp"

namespace parking_lot::detail::platform {
namespace {

constexpr const char* kOptOut = "PARKING_LOT_NO_MEMBARRIER";

bool enrolls_with(const char* value) {
    return test::run_in_child([value]() {
               ::setenv(kOptOut, value, 1);
               return Membarrier::enroll() ? 0 : 1;
           }) == 0;
}

struct MembarrierTest : ::testing::Test {
    void SetUp() override {
        if (!Membarrier::enroll()) GTEST_SKIP() << "refused by this system";
    }
};

TEST_F(MembarrierTest, FencesOnceEnrolled) {
    EXPECT_TRUE(Membarrier::enroll());  // again
    EXPECT_TRUE(Membarrier::heavy_fence());
}

TEST_F(MembarrierTest, ForkedChildInheritsTheLeave) {
    EXPECT_EQ(test::run_in_child([]() { return Membarrier::heavy_fence() ? 0 : 1; }), 0);
}

TEST_F(MembarrierTest, OnlyTheValueOneOptsOut) {
    EXPECT_FALSE(enrolls_with("1"));
    EXPECT_TRUE(enrolls_with(""));
    EXPECT_TRUE(enrolls_with("0"));
    EXPECT_TRUE(enrolls_with("10"));
}

TEST_F(MembarrierTest, SandboxRefusesBothAndErrnoIsLeftAlone) {
    const int code = test::run_in_child([]() {
        if (!test::forbid_membarrier()) return 2;
        errno = 4711;
        if (Membarrier::heavy_fence() || Membarrier::enroll()) return 1;
        return errno == 4711 ? 0 : 3;
    });
    if (code == 2) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(code, 0);
}

TEST(NoMembarrier, RefusesEverything) {
    EXPECT_FALSE(NoMembarrier::enroll());
    EXPECT_FALSE(NoMembarrier::heavy_fence());
    EXPECT_STRNE(NoMembarrier::kName, Membarrier::kName);
}

}  // namespace
}  // namespace parking_lot::detail::platform
