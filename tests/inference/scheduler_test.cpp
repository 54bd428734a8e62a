// SPDX-License-Identifier: MIT
// Scheduler: who is admitted when, and what becomes of those that find no room or wait too long.
#include "inference/scheduler.hpp"

#include <gtest/gtest.h>

#include <set>

#include "inference/sample.hpp"
#include "support/threads.hpp"

namespace inference::test {
namespace {

JobPointer job(ResponseId id) { return std::make_shared<Job>(id, sample_request(id)); }

std::vector<ResponseId> ids(const Scheduler::Batch& batch) {
    std::vector<ResponseId> all;
    for (const JobPointer& one : batch) all.push_back(one->id);
    return all;
}

using Ids = std::vector<ResponseId>;

TEST(Scheduler, admits_in_order_up_to_the_batch) {
    Scheduler scheduler{8, 2};
    for (ResponseId id = 1; id <= 3; ++id) scheduler.submit(job(id));
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{1, 2}));
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{3}));
    EXPECT_EQ(scheduler.running_count(), 3);
    EXPECT_EQ(scheduler.active_count(), 3);
}

TEST(Scheduler, admits_another_as_soon_as_one_has_ended) {
    Scheduler scheduler{2, 2};
    for (ResponseId id = 1; id <= 3; ++id) scheduler.submit(job(id));
    const auto batch = scheduler.next_batch();
    EXPECT_EQ(scheduler.waiting_count(), 1);
    scheduler.end_step(batch, {Step::GoesOn, Step::Ended});
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{3, 1}));
}

TEST(Scheduler, one_without_room_waits_first_in_line_until_another_has_ended) {
    Scheduler scheduler{4, 1};
    for (ResponseId id = 1; id <= 3; ++id) scheduler.submit(job(id));
    const auto first = scheduler.next_batch();
    const auto second = scheduler.next_batch();
    scheduler.end_step(second, {Step::NoRoom});
    scheduler.end_step(first, {Step::GoesOn});
    const auto third = scheduler.next_batch();
    EXPECT_EQ(ids(third), (Ids{1}));  // and nobody else: the line stands
    scheduler.end_step(third, {Step::Ended});
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{2}));
}

TEST(Scheduler, several_of_a_batch_without_room_keep_their_order) {
    Scheduler scheduler{4, 2};
    for (ResponseId id = 1; id <= 6; ++id) scheduler.submit(job(id));
    const auto first = scheduler.next_batch();
    const auto second = scheduler.next_batch();
    ASSERT_EQ(ids(second), (Ids{3, 4}));
    scheduler.end_step(second, {Step::NoRoom, Step::NoRoom});
    scheduler.end_step(first, {Step::Ended, Step::Ended});
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{3, 4}));
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{5, 6}));
}

TEST(Scheduler, a_worker_takes_a_batch_in_progress_and_as_many_new_ones) {
    Scheduler scheduler{8, 2};
    for (ResponseId id = 1; id <= 4; ++id) scheduler.submit(job(id));
    const auto first = scheduler.next_batch();
    const auto second = scheduler.next_batch();
    scheduler.end_step(first, {Step::GoesOn, Step::GoesOn});
    scheduler.end_step(second, {Step::GoesOn, Step::GoesOn});
    for (ResponseId id = 5; id <= 7; ++id) scheduler.submit(job(id));
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{5, 6, 1, 2}));
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{7, 3, 4}));
}

TEST(Scheduler, room_that_was_made_meanwhile_is_tried_at_once) {
    Scheduler scheduler{4, 1};
    for (ResponseId id = 1; id <= 3; ++id) scheduler.submit(job(id));
    const auto first = scheduler.next_batch();
    const auto second = scheduler.next_batch();
    const auto third = scheduler.next_batch();
    scheduler.end_step(first, {Step::Ended});
    scheduler.end_step(second, {Step::NoRoom});
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{2}));
    scheduler.end_step(third, {Step::Ended});
}

TEST(Scheduler, two_that_block_each_other_are_tried_again) {
    Scheduler scheduler{4, 1};
    scheduler.submit(job(1));
    scheduler.submit(job(2));
    const auto first = scheduler.next_batch();
    const auto second = scheduler.next_batch();
    scheduler.end_step(first, {Step::NoRoom});
    scheduler.end_step(second, {Step::NoRoom});
    EXPECT_EQ(scheduler.running_count(), 0);
    EXPECT_EQ(scheduler.next_batch().size(), 1);
}

TEST(Scheduler, the_cancelled_need_no_room) {
    Scheduler scheduler{1, 1};
    const auto cancelled = job(2);
    scheduler.submit(job(1));
    const auto running = scheduler.next_batch();
    scheduler.submit(cancelled);
    cancelled->cancel();
    std::this_thread::sleep_for(std::chrono::milliseconds{6});  // the time between two looks
    scheduler.end_step(running, {Step::GoesOn});
    EXPECT_EQ(ids(scheduler.next_batch()), (Ids{2, 1}));
}

TEST(Scheduler, finds_the_active_until_they_are_forgotten) {
    Scheduler scheduler{1, 1};
    const auto one = job(5);
    scheduler.submit(one);
    EXPECT_EQ(scheduler.find(5), one);
    scheduler.forget(5);
    EXPECT_EQ(scheduler.find(5), nullptr);
    EXPECT_TRUE(scheduler.active().empty());
}

TEST(Scheduler, workers_that_wait_go_when_it_stops) {
    Scheduler scheduler{1, 1};
    parking_lot::test::run_together(5, [&](std::size_t index) {
        if (index == 0) {
            scheduler.stop();
        } else {
            EXPECT_TRUE(scheduler.next_batch().empty());
        }
    });
}

TEST(Scheduler, every_job_takes_its_steps_among_many_workers) {
    constexpr std::size_t kJobs = 60;
    constexpr std::size_t kSteps = 20;
    Scheduler scheduler{16, 3};
    std::atomic<std::size_t> ended{0};
    const auto work = [&]() {
        for (;;) {
            const auto batch = scheduler.next_batch();
            if (batch.empty()) return;
            std::vector<Step> steps;
            for (const JobPointer& one : batch) {
                const bool is_last = ++one->made == kSteps;
                if (is_last) scheduler.forget(one->id);
                steps.push_back(is_last ? Step::Ended : Step::GoesOn);
            }
            scheduler.end_step(batch, steps);
            const auto count = static_cast<std::size_t>(std::ranges::count(steps, Step::Ended));
            if (count > 0 && (ended += count) == kJobs) scheduler.stop();
        }
    };
    parking_lot::test::run_together(7, [&](std::size_t index) {
        if (index > 0) return work();
        for (ResponseId id = 1; id <= kJobs; ++id) scheduler.submit(job(id));
    });
    EXPECT_EQ(ended, kJobs);
    EXPECT_EQ(scheduler.active_count(), 0);
    EXPECT_EQ(scheduler.running_count(), 0);
}

}  // namespace
}  // namespace inference::test
