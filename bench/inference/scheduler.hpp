// SPDX-License-Identifier: MIT
// Scheduler: continuous batching. Each worker takes a few sequences, makes one word of each, and
// puts those back that go on; whoever waits is admitted as soon as another sequence has ended.
//
// Locks: "request_scheduler", a Mutex around the queues, with a Condvar for idle workers: taken
// twice for each batch. "active_requests", an RwLock around the table of all requests that have not
// ended: read at every step, to get from a number to its job, written when one comes or goes.
// Order: none, as neither is taken while the other is held.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "inference/job.hpp"
#include "inference/locks.hpp"

namespace inference {

/// What became of a job in one step.
enum class Step : std::uint8_t { GoesOn, Ended, NoRoom };

namespace detail {

/// What the lock of a Scheduler protects.
struct Queues {
    std::deque<JobPointer> waiting;
    std::deque<ResponseId> ready;  // in progress, and in nobody's batch
    std::size_t running = 0;       // in progress
    std::uint64_t releases = 0;    // sequences that have ended so far
    bool is_full = false;          // no room for the first that waits until one ends
    bool stopping = false;
    std::chrono::steady_clock::time_point next_check{};
};

}  // namespace detail

class Scheduler {
  public:
    using Batch = std::vector<JobPointer>;

    /// `running`: how many sequences are in progress at most. `batch`: how many that are in
    /// progress a worker takes at most, and how many new ones on top. Overdue ones are not limited.
    Scheduler(std::size_t running, std::size_t batch) : most_running_{running}, batch_{batch} {}

    void submit(JobPointer job) {
        active_.write()->emplace(job->id, job);
        queues_.lock()->waiting.push_back(std::move(job));
        work_.notify_one();
    }

    /// Waits for work and takes some. Empty once the scheduler was stopped.
    [[nodiscard]] Batch next_batch() {
        Batch batch;
        std::vector<ResponseId> going_on;
        bool is_more = false;
        {
            auto queues = queues_.lock();
            work_.wait(queues, [&] { return queues->stopping || has_work(*queues); });
            if (queues->stopping) return {};
            take_overdue(*queues, batch);
            while (batch.size() < batch_ && may_admit(*queues)) admit_front(*queues, batch);
            const std::size_t count = std::min(batch_, queues->ready.size());
            const auto end = queues->ready.begin() + static_cast<std::ptrdiff_t>(count);
            going_on.assign(queues->ready.begin(), end);
            queues->ready.erase(queues->ready.begin(), end);
            is_more = has_work(*queues);
        }
        if (is_more) work_.notify_one();  // unlocked, so that it does not have to wait
        const auto active = active_.read();
        for (const ResponseId id : going_on) batch.push_back(active->at(id));
        return batch;
    }

    /// Takes a batch back, with what became of each job. One that found no room waits first in line
    /// until a sequence has ended.
    void end_step(const Batch& batch, const std::vector<Step>& steps) {
        auto queues = queues_.lock();
        std::ptrdiff_t without_room = 0;  // so many are at the front, in their old order
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (steps[i] == Step::GoesOn) {
                queues->ready.push_back(batch[i]->id);
                continue;
            }
            --queues->running;
            if (steps[i] == Step::Ended) {
                ++queues->releases;
                queues->is_full = false;
            } else {
                queues->waiting.insert(queues->waiting.begin() + without_room++, batch[i]);
                queues->is_full = queues->releases == batch[i]->releases_seen;
            }
        }
        // With nothing in progress there will be room, and nothing whose end could be waited for.
        if (queues->running == 0) queues->is_full = false;
        const bool is_more = has_work(*queues);
        queues.unlock();
        if (is_more) work_.notify_one();
    }

    /// Null when it has ended, or never was.
    [[nodiscard]] JobPointer find(ResponseId id) const {
        const auto active = active_.read();
        const auto found = active->find(id);
        return found == active->end() ? nullptr : found->second;
    }

    /// Removes an ended job from the table of active ones.
    void forget(ResponseId id) { active_.write()->erase(id); }

    /// Lets the workers go, with or without work left.
    void stop() {
        queues_.lock()->stopping = true;
        work_.notify_all();
    }

    /// All that have not ended.
    [[nodiscard]] Batch active() const {
        Batch jobs;
        const auto active = active_.read();
        for (const auto& [id, job] : *active) jobs.push_back(job);
        return jobs;
    }

    [[nodiscard]] std::size_t active_count() const { return active_.read()->size(); }
    [[nodiscard]] std::size_t running_count() const { return queues_.lock()->running; }
    [[nodiscard]] std::size_t waiting_count() const { return queues_.lock()->waiting.size(); }

  private:
    using Queues = detail::Queues;
    using Clock = std::chrono::steady_clock;

    static constexpr Clock::duration kOverdueCheck = std::chrono::milliseconds{5};

    [[nodiscard]] bool may_admit(const Queues& queues) const {
        return !queues.waiting.empty() && queues.running < most_running_ && !queues.is_full;
    }

    [[nodiscard]] bool has_work(const Queues& queues) const {
        return !queues.ready.empty() || may_admit(queues);
    }

    static void admit_front(Queues& queues, Batch& batch) {
        batch.push_back(std::move(queues.waiting.front()));
        batch.back()->releases_seen = queues.releases;
        queues.waiting.pop_front();
        ++queues.running;
    }

    /// Those that wait and were cancelled, or whose time is up, need no room to end.
    static void take_overdue(Queues& queues, Batch& batch) {
        const auto now = Clock::now();
        if (now < queues.next_check) return;
        queues.next_check = now + kOverdueCheck;
        const std::size_t before = batch.size();
        std::erase_if(queues.waiting, [&](const JobPointer& job) {
            const bool is_overdue = job->is_overdue(now);  // asked once: it may change meanwhile
            if (is_overdue) batch.push_back(job);
            return is_overdue;
        });
        queues.running += batch.size() - before;
    }

    const std::size_t most_running_;
    const std::size_t batch_;
    Mutex<Queues> queues_{"request_scheduler"};
    Condvar work_;
    RwLock<std::map<ResponseId, JobPointer>> active_{"active_requests"};
};

}  // namespace inference
