// SPDX-License-Identifier: MIT
// Activities that the operating system makes hard: forks, modules that come and go, a storm of
// signals.
#pragma once

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "parking_lot/dump_parked.hpp"
#include "parking_lot/parking_lot.hpp"
#include "soak/activity.hpp"
#include "soak/plugin.hpp"
#include "support/child.hpp"
#include "support/threads.hpp"

namespace parking_lot::soak {

/// Forks, with a lock held that others wait for.
class ForkActivity : public Activity {
  public:
    ForkActivity() noexcept : Activity{"fork, with a lock held", 256} {}

    void check() override { require(!held_.is_locked(), "the lock that was held at fork is free"); }

  private:
    void run(Worker& worker) override {
        const std::chrono::microseconds limit = worker.moment();
        if (!held_.try_lock_for(limit)) return;
        const int code = test::run_in_child([&]() { return use_locks(limit); });
        held_.unlock();
        if (code != 0) std::fprintf(stderr, "soak: a forked child exited with %d\n", code);
        require(code == 0, "locks work in a forked child");
    }

    /// In the child. Returns 0, or the number of what failed.
    int use_locks(std::chrono::microseconds limit) {
        if (test::parked_anywhere() != 0) return 1;
        if (held_.try_lock_for(limit)) return 2;
        held_.unlock();
        if (!held_.try_lock()) return 3;
        RawRwLock rwlock;
        rwlock.lock_shared();
        if (rwlock.try_lock_for(limit) || !rwlock.try_lock_shared()) return 4;
        Semaphore semaphore{1};
        semaphore.acquire();
        if (semaphore.try_acquire_for(limit)) return 5;
        semaphore.release();
        return semaphore.try_acquire() && test::parked_anywhere() == 0 ? 0 : 6;
    }

    RawMutex held_;
};

/// Loads a plugin, has it use locks of this module, and unloads it.
class PluginActivity : public Activity {
  public:
    explicit PluginActivity(const char* path) noexcept
        : Activity{"a plugin, loaded and unloaded", 64}, path_{path} {}

    void check() override {
        require(!is_loaded(), "the plugin was unloaded");
        require(!shared_.mutex.is_locked() && !shared_.rwlock.is_locked(),
                "the locks shared with plugins are free");
        require(shared_.by_mutex == counted_.load() && shared_.by_rwlock == counted_.load(),
                "no increment by a plugin was lost");
    }

  private:
    static constexpr unsigned kRounds = 100;

    void run(Worker& worker) override {
        if (worker.below(4) != 0) {
            count_up(shared_, kRounds);
        } else {
            void* const plugin = ::dlopen(path_, RTLD_NOW | RTLD_LOCAL);
            require(plugin != nullptr, path_);
            const auto* const its_count_up =
                static_cast<const CountUp*>(::dlsym(plugin, "soak_count_up"));
            require(its_count_up != nullptr, "the plugin exports soak_count_up");
            (*its_count_up)(shared_, kRounds);
            require(::dlclose(plugin) == 0, "a plugin can be unloaded");
        }
        counted_.fetch_add(kRounds);
    }

    [[nodiscard]] bool is_loaded() const {
        void* const plugin = ::dlopen(path_, RTLD_NOW | RTLD_NOLOAD);
        if (plugin != nullptr) ::dlclose(plugin);
        return plugin != nullptr;
    }

    const char* path_;
    Shared shared_;
    std::atomic<std::uint64_t> counted_{0};
};

/// A signal every millisecond, for whichever thread does not block it; system calls that it
/// interrupts fail with EINTR. Every now and then the handler asks who is parked.
class SignalStorm {
  public:
    SignalStorm() {
        null_file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        require(null_file >= 0, "there is /dev/null");
        struct sigaction action{};
        action.sa_handler = handle;
        require(::sigaction(SIGALRM, &action, nullptr) == 0, "SIGALRM can be handled");
        set_timer(1000);
    }
    SignalStorm(const SignalStorm&) = delete;
    SignalStorm& operator=(const SignalStorm&) = delete;
    ~SignalStorm() { stop(); }

    void stop() { set_timer(0); }

    static std::uint64_t signals() { return count.load(); }

    /// For the calling thread and those it starts. The kernel prefers the main thread as long as
    /// that one takes the signal, and the others would never see it.
    static void block(bool is_blocked) {
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGALRM);
        ::pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &signals, nullptr);
    }

  private:
    static void handle(int) {
        if (count.fetch_add(1) % 64 == 0) dump_parked(null_file);
    }

    static void set_timer(long microseconds) {
        const itimerval timer{{0, microseconds}, {0, microseconds}};
        require(::setitimer(ITIMER_REAL, &timer, nullptr) == 0, "there is a timer");
    }

    static inline std::atomic<std::uint64_t> count{0};
    static inline int null_file = -1;
};

}  // namespace parking_lot::soak
