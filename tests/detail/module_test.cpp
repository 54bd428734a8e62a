// SPDX-License-Identifier: MIT
// ModuleRecord: joining at load, the epoch that heatings move, and giving up the plain store.
#include "parking_lot/detail/module.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "support/child.hpp"
#include "support/threads.hpp"

namespace parking_lot::detail {
namespace {

/// What the first dynamic initializer of this file saw.
struct BeforeMain {
    Table* joined = this_module.table.load();
    Table* found = &table();
    std::uintptr_t epoch = this_module.epoch.load();
};
const BeforeMain before_main;

std::uintptr_t count_of(std::uintptr_t epoch) { return epoch / kOneHeating; }
std::uintptr_t epoch_now() { return this_module.epoch.load(); }

/// Holds a bucket's lock, as those who heat a lock do.
class HoldingABucket {
  public:
    HoldingABucket() { bucket_.lock.lock(); }
    ~HoldingABucket() { bucket_.lock.unlock(); }
    HoldingABucket(const HoldingABucket&) = delete;
    HoldingABucket& operator=(const HoldingABucket&) = delete;

  private:
    Bucket& bucket_ = table().buckets.front();
};

TEST(Module, JoinedBeforeTheProgramsOwnConstructors) {
    EXPECT_NE(before_main.joined, nullptr);
    EXPECT_EQ(before_main.found, before_main.joined);
    EXPECT_EQ(&table(), before_main.joined);
}

TEST(Module, ExecutableOwnsTheTable) {
    EXPECT_EQ(this_module.owner, &this_module);
    EXPECT_EQ(&table(), &this_module_table);
}

TEST(Module, IsListedOnce) {
    std::size_t times = 0;
    for_each_module(this_module, [&](ModuleRecord& record) noexcept {
        if (&record == &this_module) ++times;
    });
    EXPECT_EQ(times, 1u);
}

TEST(Module, PlainStoreIsAllowedJustWhenTheFenceWorks) {
    const bool needs_rmw = (before_main.epoch & kNeedsRmw) != 0;
    EXPECT_EQ(needs_rmw, !this_module.fence_works);
    EXPECT_EQ(needs_rmw, !platform::AsymmetricFence::enroll());
}

TEST(Module, JoiningAgainChangesNothing) {
    const std::uintptr_t before = epoch_now();
    join_at_load();
    EXPECT_EQ(&join(), &table());
    EXPECT_EQ(epoch_now(), before);
}

TEST(Module, OwnerStaysWhenItIsUnloaded) {
    const std::uintptr_t before = epoch_now();
    leave_at_unload();
    EXPECT_EQ(epoch_now(), before);
    EXPECT_EQ(this_module.first.load(), &this_module);
}

TEST(Module, HeatingMovesTheEpochByOneAndKeepsItsBit) {
    const std::uintptr_t before = epoch_now();
    {
        const HoldingABucket bucket;
        EXPECT_EQ(announce_heating(), this_module.fence_works);
    }
    EXPECT_EQ(epoch_now(), before + kOneHeating);
    {
        const HoldingABucket bucket;
        publish_heating();
    }
    EXPECT_EQ(epoch_now(), before + 2 * kOneHeating);
}

TEST(Module, HeatingsAtTheSameTimeAllCount) {
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kRounds = 200;
    const std::uintptr_t before = count_of(epoch_now());
    test::run_together(kThreads, [&](std::size_t i) {
        Bucket& bucket = table().buckets[i];
        for (std::size_t round = 0; round < kRounds; ++round) {
            bucket.lock.lock();
            publish_heating();
            bucket.lock.unlock();
        }
    });
    EXPECT_EQ(count_of(epoch_now()) - before, kThreads * kRounds);
}

// What cannot be taken back is done in a child.

TEST(Module, RetreatForbidsThePlainStoreForEver) {
    SKIP_WITHOUT_FORK();
    EXPECT_EQ(test::run_in_child([]() {
                  const std::uintptr_t count = count_of(epoch_now());
                  retreat();
                  retreat();
                  if ((epoch_now() & kNeedsRmw) == 0) return 1;
                  if (count_of(epoch_now()) != count) return 2;
                  return announce_heating() ? 3 : 0;
              }),
              0);
}

TEST(Module, TableMayBeAskedForBeforeTheModuleJoined) {
    SKIP_WITHOUT_FORK();
    EXPECT_EQ(test::run_in_child([]() {
                  // As in code that runs before this module's constructors.
                  Table* const joined = this_module.table.exchange(nullptr);
                  std::atomic<int> wrong{0};
                  test::run_together(4, [&](std::size_t) {
                      if (&table() != joined) wrong.fetch_add(1);
                  });
                  return wrong.load();
              }),
              0);
}

TEST(Module, ForkedChildHasTheTableAndFreeLocks) {
    SKIP_WITHOUT_FORK();
    this_module.list_lock.lock();
    table().bucket_of(&this_module).lock.lock();
    const int code = test::run_in_child([]() {
        if (&table() != &this_module_table) return 1;
        const HoldingABucket bucket;
        table().bucket_of(&this_module).lock.lock();  // would hang if it were still held
        (void)announce_heating();
        return 0;
    });
    table().bucket_of(&this_module).lock.unlock();
    this_module.list_lock.unlock();
    EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace parking_lot::detail
