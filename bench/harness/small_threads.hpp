// SPDX-License-Identifier: MIT
// Many threads with small stacks, and a way to see that a thread sleeps.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

/// While it lives, the calling thread and those it starts run on one processor. To wake a thread
/// for another processor takes long if that one is idle and short if not, which hides all else.
class OnOneProcessor {
  public:
    OnOneProcessor() {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t here;
        CPU_ZERO(&here);
        CPU_SET(static_cast<unsigned>(sched_getcpu()), &here);
        sched_setaffinity(0, sizeof here, &here);
    }
    OnOneProcessor(const OnOneProcessor&) = delete;
    OnOneProcessor& operator=(const OnOneProcessor&) = delete;
    ~OnOneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }

  private:
    cpu_set_t before_;
};

/// Threads with 64 KiB stacks and no hurry to run, joined by the destructor.
class SmallThreads {
  public:
    SmallThreads() = default;
    SmallThreads(const SmallThreads&) = delete;
    SmallThreads& operator=(const SmallThreads&) = delete;
    ~SmallThreads() {
        for (const auto& member : members_) pthread_join(member->handle, nullptr);
    }

    void start(std::function<void()> body) {
        members_.push_back(std::make_unique<Member>());
        Member& member = *members_.back();
        member.body = std::move(body);
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, std::size_t{64} * 1024);
        const int error = pthread_create(&member.handle, &attributes, run, &member);
        pthread_attr_destroy(&attributes);
        if (error == 0) return;
        members_.pop_back();
        throw std::runtime_error{"only " + std::to_string(members_.size()) +
                                 " threads could be started: " + std::strerror(error)};
    }

    /// Waits until every thread sleeps. Meaningful when the only place they sleep is the one meant.
    void wait_until_asleep(std::size_t first = 0) const {
        for (std::size_t i = first; i < members_.size(); ++i) {
            while (!is_asleep(members_[i]->id.load())) std::this_thread::yield();
        }
    }

  private:
    struct Member {
        std::function<void()> body;
        std::atomic<pid_t> id{0};
        pthread_t handle{};
    };

    static void* run(void* argument) {
        auto& member = *static_cast<Member*>(argument);
        // A woken batch thread does not preempt its waker, whose call may just be timed.
        const sched_param parameter{};
        pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameter);
        member.id = gettid();
        member.body();
        return nullptr;
    }

    static bool is_asleep(pid_t id) {
        if (id == 0) return false;
        const std::string path = "/proc/self/task/" + std::to_string(id) + "/stat";
        std::FILE* const file = std::fopen(path.c_str(), "r");
        if (file == nullptr) return false;
        char text[512] = {};
        const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
        std::fclose(file);
        // The state letter follows the command, which stands in parentheses and may hold anything.
        const std::string_view line{text, size};
        const std::size_t end = line.rfind(')');
        return end != std::string_view::npos && line.substr(end).starts_with(") S");
    }

    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace bench
