// SPDX-License-Identifier: MIT
// dump_parked: who is parked, at what, in which order; and in a signal handler.
#include "parking_lot/dump_parked.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "parking_lot/condvar.hpp"
#include "parking_lot/raw_mutex.hpp"
#include "parking_lot/raw_once.hpp"
#include "parking_lot/raw_rwlock.hpp"
#include "support/parking.hpp"
#include "support/sanitizers.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

std::string hex(std::uintptr_t value) {
    std::ostringstream out;
    out << "0x" << std::hex << value;
    return out.str();
}

std::string hex(const void* address) { return hex(reinterpret_cast<std::uintptr_t>(address)); }

std::string this_thread() {
#if defined(_WIN32)
    return hex(::GetCurrentThreadId());
#else
    return hex(std::bit_cast<std::uintptr_t>(::pthread_self()));
#endif
}

std::string dump_to_stream() {
    std::ostringstream out;
    dump_parked(out);
    return out.str();
}

std::string dump_to_file() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), &std::fclose};
    dump_parked(::fileno(file.get()));
    std::rewind(file.get());
    std::string text;
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) {
        text += static_cast<char>(c);
    }
    return text;
}

/// What the rows say of `lock`, oldest first: "<thread> <what it waits for>".
std::vector<std::string> rows_of(const void* lock, const std::string& text) {
    const std::regex row{R"(\d+\.\d{3} s +(0x[0-9a-f]+) +)" + hex(lock) + R"( +(.*))"};
    std::vector<std::string> found;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        std::smatch part;
        if (std::regex_match(line, part, row)) found.push_back(part.str(1) + " " + part.str(2));
    }
    return found;
}

/// Threads that are parked until the end of the scope.
class Waiting {
  public:
    /// Starts a thread that runs `function()` and parks at `lock`. Returns how rows name it.
    template <class Function>
    std::string start(const void* lock, Function&& function) {
        std::string name;
        const std::size_t before = test::parked_at(lock);
        std::atomic<bool> started{false};
        threads_.start([&, function]() {
            name = this_thread();
            started.store(true);
            function();
        });
        test::wait_until([&]() { return started.load(); });
        test::wait_for_parked(lock, before + 1);
        return name;
    }

  private:
    test::Threads threads_;
};

using DumpParked = test::ParkingTest;

/// Both functions say the same.
void expect_rows(const void* lock, const std::vector<std::string>& rows) {
    EXPECT_EQ(rows_of(lock, dump_to_stream()), rows);
    EXPECT_EQ(rows_of(lock, dump_to_file()), rows);
}

TEST_F(DumpParked, AnEmptyTableSaysSo) {
    EXPECT_EQ(dump_to_stream(), "No thread is parked.\n");
    EXPECT_EQ(dump_to_file(), "No thread is parked.\n");
}

template <class Raw>
void shows_one_who_waits_for() {
    Raw raw;
    Waiting waiting;
    raw.lock();
    const std::string waiter = waiting.start(&raw, [&]() {
        raw.lock();
        raw.unlock();
    });
    expect_rows(&raw, {waiter + " mutex"});
    EXPECT_NE(dump_to_stream().find("\n1 thread is parked.\n"), std::string::npos);
    raw.unlock();
}

TEST_F(DumpParked, ShowsThoseWhoWaitForAMutex) {
    shows_one_who_waits_for<RawMutex>();
    shows_one_who_waits_for<RawWordMutex>();
}

TEST_F(DumpParked, ShowsTheModeInWhichAnRwLockIsWanted) {
    RawRwLock raw;
    Waiting waiting;
    raw.lock();
    const std::string reader = waiting.start(&raw, [&]() {
        raw.lock_shared();
        raw.unlock_shared();
    });
    const std::string upgradable = waiting.start(&raw, [&]() {
        raw.lock_upgradable();
        raw.unlock_upgradable();
    });
    const std::string writer = waiting.start(&raw, [&]() {
        raw.lock();
        raw.unlock();
    });
    expect_rows(&raw, {reader + " RwLock, to read", upgradable + " RwLock, to read upgradably",
                       writer + " RwLock, to write"});
    raw.unlock();
}

TEST_F(DumpParked, ShowsAWriterThatWaitsForReaders) {
    RawRwLock raw;
    Waiting waiting;
    raw.lock_shared();
    const std::string writer = waiting.start(&raw, [&]() {
        raw.lock();
        raw.unlock();
    });
    expect_rows(&raw, {writer + " RwLock, to write: for its readers"});
    raw.unlock_shared();
}

TEST_F(DumpParked, ShowsThoseWhoWaitForAOnce) {
    RawOnce once;
    Waiting waiting;
    ASSERT_TRUE(once.begin());
    const std::string caller = waiting.start(&once, [&]() { EXPECT_FALSE(once.begin()); });
    const std::string waiter = waiting.start(&once, [&]() { once.wait(); });
    expect_rows(&once, {caller + " Once", waiter + " Once"});
    once.complete();
}

TEST_F(DumpParked, ShowsThoseWhoWaitForAUsersOwnLock) {
    const char lock = 0;
    Waiting waiting;
    const std::string waiter = waiting.start(&lock, [&]() { (void)test::park_at(&lock); });
    expect_rows(&lock, {waiter + " core::park"});
    core::unpark_all(&lock);
}

#if !PARKING_LOT_USE_STD
TEST_F(DumpParked, ShowsANotifiedThreadAtTheLockItWaitsFor) {
    RawMutex raw;
    Condvar condvar;
    Waiting waiting;
    const std::string waiter = waiting.start(&condvar, [&]() {
        std::unique_lock lock{raw};
        condvar.wait(lock);
    });
    expect_rows(&condvar, {waiter + " Condvar"});
    raw.lock();
    EXPECT_TRUE(condvar.notify_one());
    // It moves to the queue of the lock at once, or wakes and goes there by itself.
    test::wait_for_parked(&raw, 1);
    expect_rows(&condvar, {});
    expect_rows(&raw, {waiter + " mutex"});
    raw.unlock();
}
#endif

TEST_F(DumpParked, ShowsAllThreadsInTheOrderInWhichTheyParked) {
    constexpr std::size_t kThreads = 70;  // more than are found in one walk over the table
    std::array<char, kThreads> locks{};
    test::Sleepers sleepers;
    for (const char& lock : locks) sleepers.park(&lock);
    for (const std::string& text : {dump_to_stream(), dump_to_file()}) {
        std::size_t position = 0;
        for (const char& lock : locks) {
            const std::size_t found = text.find(hex(&lock) + " ");
            ASSERT_NE(found, std::string::npos) << text;
            EXPECT_GT(found, position);
            EXPECT_EQ(rows_of(&lock, text).size(), 1u);
            position = found;
        }
        EXPECT_NE(text.find("\n70 threads are parked.\n"), std::string::npos) << text;
    }
    for (const char& lock : locks) core::unpark_all(&lock);
}

TEST_F(DumpParked, SaysWhenManyLocksShareABucket) {
    constexpr std::size_t kMany = 16;
    const auto address_at = [](std::uintptr_t number) {
        return reinterpret_cast<const void*>(number);
    };
    const detail::Bucket& bucket = detail::table().bucket_of(address_at(1));
    std::vector<const void*> addresses;
    test::Sleepers sleepers;
    for (std::uintptr_t number = 1; addresses.size() < kMany; ++number) {
        const void* const address = address_at(number);
        if (&detail::table().bucket_of(address) != &bucket) continue;
        EXPECT_EQ(dump_to_stream().find("share one bucket"), std::string::npos);
        addresses.push_back(address);
        sleepers.park(address);
    }
    EXPECT_NE(dump_to_stream().find("16 locks share one bucket"), std::string::npos);
    for (const void* const each : addresses) EXPECT_EQ(core::unpark_all(each), 1u);
}

TEST_F(DumpParked, AWokenThreadThatParksAgainGoesOnCounting) {
    RawMutex raw;
    const char later = 0;
    Waiting waiting;
    raw.lock();
    const std::string waiter = waiting.start(&raw, [&]() {
        raw.lock();
        raw.unlock();
    });
    waiting.start(&later, [&]() { (void)test::park_at(&later); });
    // A stray wake, after which the thread finds the lock taken and parks again.
    detail::unpark_all({&raw, detail::Kind::ByteMutex}, {});
    test::wait_for_parked(&raw, 1);
    const std::string text = dump_to_stream();
    EXPECT_LT(text.find(hex(&raw)), text.find(hex(&later))) << text;
    core::unpark_all(&later);
    raw.unlock();
}

TEST_F(DumpParked, LeavesErrnoAloneAndBearsABadFile) {
    errno = 4711;
    dump_parked(-1);
    EXPECT_EQ(errno, 4711);
}

TEST_F(DumpParked, PassesByABucketThatTheInterruptedThreadHolds) {
    const std::array<char, 2> neighbours{};  // which are never in one bucket
    const char& lock = neighbours[0];
    const char& other = neighbours[1];
    test::Sleepers sleepers;
    sleepers.park(&lock);
    sleepers.park(&other);
    std::string text;
    {
        const detail::LockedBucket interrupted{&lock};
        text = dump_to_file();
    }
    EXPECT_EQ(rows_of(&lock, text).size(), 0u) << text;
    EXPECT_EQ(rows_of(&other, text).size(), 1u) << text;
    EXPECT_NE(text.find("1 bucket busy"), std::string::npos) << text;
    core::unpark_all(&lock);
    core::unpark_all(&other);
}

#if defined(SIGUSR1)  // not on Windows

// In a signal handler.

constinit std::atomic<int> dumps{0};
constinit std::atomic<int> file_of_handler{-1};

void handle(int) {
    dump_parked(file_of_handler.load());
    dumps.fetch_add(1);
}

TEST_F(DumpParked, MayBeCalledInSignalHandlersOfThreadsThatUseLocks) {
    constexpr int kDumps = test::kThreadSanitizer ? 20 : 200;
    file_of_handler = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct sigaction action{};
    action.sa_handler = &handle;
    action.sa_flags = SA_RESTART;
    ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
    RawMutex raw;
    const char address = 0;
    int count = 0;
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&]() {
            while (!stop.load(std::memory_order_relaxed)) {
                raw.lock();
                ++count;
                raw.unlock_fair();
                // So that the handler often finds a bucket locked by the thread it interrupts.
                core::unpark_all(&address);
            }
        });
    }
    while (dumps.load() < kDumps) {
        const int before = dumps.load();
        for (auto& thread : threads) ::pthread_kill(thread.native_handle(), SIGUSR1);
        test::wait_until([&]() { return dumps.load() > before; });
    }
    stop.store(true);
    for (auto& thread : threads) thread.join();
    EXPECT_GT(count, 0);
    ::signal(SIGUSR1, SIG_IGN);
    ::close(file_of_handler.exchange(-1));
}

#endif

}  // namespace
}  // namespace parking_lot
