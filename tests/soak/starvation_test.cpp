// SPDX-License-Identifier: MIT
// Threads that the scheduler prefers take a lock again and again: a meek one that waits gets it all
// the same. And locks whose holders are stopped by a quota.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <thread>

#include "parking_lot/parking_lot.hpp"
#include "support/child.hpp"
#include "support/parking.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// Puts the calling thread, and those it starts, on one processor: where one runs, no other does.
void stay_on_one_processor() {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &set);
    (void)::sched_setaffinity(0, sizeof(set), &set);
}

/// Has the calling thread run before all normal ones, if that is permitted; as they do, if not.
void be_greedy() {
    const sched_param priority{.sched_priority = 1};
    (void)::sched_setscheduler(0, SCHED_FIFO, &priority);
}

/// Makes the calling thread the one that the scheduler likes least.
void be_meek() { (void)::setpriority(PRIO_PROCESS, 0, 19); }

/// What a lock does, by the greedy thread and by the meek one.
template <class Lock, bool kGreedyReads = false, bool kMeekReads = false>
struct Contest {
    static void lock_greedily(Lock& lock) { lock_as<kGreedyReads>(lock); }
    static void unlock_greedily(Lock& lock) { unlock_as<kGreedyReads>(lock); }
    static void lock_meekly(Lock& lock) { lock_as<kMeekReads>(lock); }
    static void unlock_meekly(Lock& lock) { unlock_as<kMeekReads>(lock); }
    using LockType = Lock;

  private:
    template <bool kReads>
    static void lock_as(Lock& lock) {
        if constexpr (kReads) {
            lock.lock_shared();
        } else {
            lock.lock();
        }
    }
    template <bool kReads>
    static void unlock_as(Lock& lock) {
        if constexpr (kReads) {
            lock.unlock_shared();
        } else {
            lock.unlock();
        }
    }
};

template <class Contest>
struct StarvationTest : test::ParkingTest {};

using Contests = ::testing::Types<Contest<RawMutex>, Contest<RawFairMutex>, Contest<RawRwLock>,
                                  Contest<RawRwLock, true, false>, Contest<RawRwLock, false, true>>;
TYPED_TEST_SUITE(StarvationTest, Contests);

/// So that the next unlock is not the one, of those of half a millisecond, that is a hand-off.
void let_turn_pass(const void* lock) {
    detail::Bucket& bucket = detail::table().bucket_of(lock);
    bucket.lock.lock();
    (void)bucket.fair_timer.is_due();
    bucket.lock.unlock();
}

/// A greedy thread takes the lock again and again, without ever sleeping, until a meek one that
/// waits for it on the same processor has had it. Returns how often the meek one slept.
template <class Contest>
long sleeps_of_the_meek_one() {
    typename Contest::LockType lock;
    std::atomic<bool> has_had_it{false};
    long sleeps = 0;
    std::thread greedy{[&]() {
        stay_on_one_processor();
        Contest::lock_greedily(lock);
        std::thread meek{[&]() {
            be_meek();
            Contest::lock_meekly(lock);
            has_had_it.store(true);
            Contest::unlock_meekly(lock);
            rusage usage{};
            ::getrusage(RUSAGE_THREAD, &usage);
            sleeps = usage.ru_nvcsw;
        }};
        test::wait_for_parked(&lock, 1);
        let_turn_pass(&lock);
        be_greedy();
        while (!has_had_it.load()) {
            Contest::unlock_greedily(lock);
            Contest::lock_greedily(lock);
        }
        Contest::unlock_greedily(lock);
        meek.join();
    }};
    greedy.join();
    return sleeps;
}

// To a thread that it has been told not to run, Linux leaves a twentieth of each second: so long
// may it take until one that was woken finds out that it was overtaken. Then the lock must be
// handed to it.
TYPED_TEST(StarvationTest, AMeekThreadGetsTheLockOnceItHasRun) {
    for (int round = 0; round < 2; ++round) EXPECT_LE(sleeps_of_the_meek_one<TypeParam>(), 10);
}

/// A control group of this test's own whose processes may run for a fifth of the time.
class Quota {
  public:
    Quota() {
        is_made_ = ::mkdir(path_.c_str(), 0755) == 0 && write("cpu.cfs_period_us", 100'000) &&
                   write("cpu.cfs_quota_us", 20'000);
    }
    Quota(const Quota&) = delete;
    Quota& operator=(const Quota&) = delete;
    ~Quota() { (void)::rmdir(path_.c_str()); }

    [[nodiscard]] bool is_made() const { return is_made_; }
    [[nodiscard]] bool enter() const { return write("cgroup.procs", ::getpid()); }

    /// How often the group was stopped.
    [[nodiscard]] long stops() const {
        std::ifstream file{path_ + "/cpu.stat"};
        std::string name;
        for (long value = 0; file >> name >> value;) {
            if (name == "nr_throttled") return value;
        }
        return 0;
    }

  private:
    [[nodiscard]] bool write(const char* name, long value) const {
        std::ofstream file{path_ + "/" + name};
        return static_cast<bool>(file << value << std::flush);
    }

    std::string path_ = "/sys/fs/cgroup/cpu/parking_lot_test_" + std::to_string(::getpid());
    bool is_made_ = false;
};

/// Threads count under all kinds of locks until the group was stopped several times.
int count_under(const Quota& quota) {
    if (!quota.enter()) return 1;
    Mutex<long> mutex{0};
    FairMutex<long> fair{0};
    RwLock<long> rwlock{0};
    std::atomic<long> expected{0};
    test::run_together(4, [&](std::size_t) {
        while (quota.stops() < 5) {
            for (int i = 0; i < 100; ++i) {
                mutex.with_lock([](long& count) { ++count; });
                fair.with_lock([](long& count) { ++count; });
                rwlock.with_write([](long& count) { ++count; });
                expected.fetch_add(1);
            }
        }
    });
    const long all = expected.load();
    const bool is_complete = mutex.get_mut() == all && fair.get_mut() == all &&
                             rwlock.get_mut() == all && test::parked_anywhere() == 0;
    return is_complete ? 0 : 2;
}

TEST(QuotaTest, HoldersThatAreStoppedDelayButLoseNothing) {
    const Quota quota;
    if (!quota.is_made()) {
        GTEST_SKIP() << "no control groups (version 1) of one's own can be made here";
    }
    EXPECT_EQ(test::run_in_child([&]() { return count_under(quota); }), 0);
}

}  // namespace
}  // namespace parking_lot
