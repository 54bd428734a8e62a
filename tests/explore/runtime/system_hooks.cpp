// SPDX-License-Identifier: MIT
// What the headers ask of the operating system, answered by the scheduler: the program's own
// definitions come before those of the C library.
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>

#include "explore/runtime/memory.hpp"
#include "explore/runtime/scheduler.hpp"
#include "explore/runtime/system.hpp"
#include "explore/runtime/trace.hpp"

namespace explore {

constinit bool membarrier_works = true;

namespace {

constexpr Nanoseconds kSecond = 1'000'000'000;

Nanoseconds to_nanoseconds(const timespec& time) {
    return static_cast<Nanoseconds>(time.tv_sec) * kSecond + time.tv_nsec;
}

timespec to_timespec(Nanoseconds time) {
    timespec result{};
    result.tv_sec = static_cast<time_t>(time / kSecond);
    result.tv_nsec = static_cast<long>(time % kSecond);
    return result;
}

long fails_with(int error) {
    errno = error;
    return -1;
}

long futex_wait(void* address, std::uint32_t expected, const timespec* until) {
    using Op = Event::Op;
    const Cell word{reinterpret_cast<std::uintptr_t>(address), sizeof(std::uint32_t)};
    if (scheduler.strategy().decide(Decision::Rare)) return fails_with(EINTR);
    const auto value = static_cast<std::uint32_t>(memory.observe(word));
    if (value != expected) {
        trace.add({.op = Op::NoSleep, .cell = word, .after = value});
        return fails_with(EAGAIN);
    }
    trace.add({.op = Op::Sleep, .cell = word});
    std::optional<Nanoseconds> deadline;
    if (until != nullptr) deadline = to_nanoseconds(*until);
    const bool in_time = scheduler.sleep(address, deadline);
    trace.add({.op = in_time ? Op::Awake : Op::TimedOut});
    return in_time ? 0 : fails_with(ETIMEDOUT);
}

long futex(void* address, int operation, std::uint32_t value, const timespec* until) {
    scheduler.point();
    memory.drain_own();  // both ways through the kernel have a full barrier
    switch (operation & FUTEX_CMD_MASK) {
        case FUTEX_WAIT:  // the standard library's, without a limit
            return futex_wait(address, value, nullptr);
        case FUTEX_WAIT_BITSET:
            return futex_wait(address, value, until);
        case FUTEX_WAKE: {
            const std::size_t woken = scheduler.wake(address, value);
            trace.add({.op = Event::Op::Wake,
                       .cell = {reinterpret_cast<std::uintptr_t>(address), sizeof(std::uint32_t)},
                       .after = woken});
            return static_cast<long>(woken);
        }
        default:
            fail("explore: a futex operation that is not simulated");
    }
}

long membarrier(int command) {
    if (!membarrier_works) return fails_with(EPERM);
    if (!is_observed || command != MEMBARRIER_CMD_PRIVATE_EXPEDITED) return 0;
    const Unobserved here;
    scheduler.point();
    memory.fence_everywhere();
    trace.add({.op = Event::Op::Membarrier});
    return 0;
}

}  // namespace
}  // namespace explore

using namespace explore;  // NOLINT: what follows are C functions

extern "C" {

long syscall(long number, ...) noexcept {
    va_list arguments;
    va_start(arguments, number);
    if (number == SYS_membarrier) {
        const int command = va_arg(arguments, int);
        va_end(arguments);
        return membarrier(command);
    }
    if (number == SYS_gettid) {  // of the C++ runtime, for the initialization of local variables
        va_end(arguments);
        return static_cast<long>(pthread_self());
    }
    if (number != SYS_futex || !is_observed) {
        std::fprintf(stderr, "explore: system call %ld is not simulated\n", number);
        std::abort();
    }
    auto* const address = va_arg(arguments, void*);
    const int operation = va_arg(arguments, int);
    const auto value = va_arg(arguments, std::uint32_t);
    const auto* const until = va_arg(arguments, const timespec*);
    va_end(arguments);
    const Unobserved here;
    return futex(address, operation, value, until);
}

int sched_yield() noexcept {
    if (!is_observed) return 0;
    const Unobserved here;
    constexpr Nanoseconds kLate = 200'000;
    trace.add({.op = Event::Op::Yield});
    if (scheduler.strategy().decide(Decision::Late)) scheduler.pass_time(kLate);
    scheduler.yield();
    return 0;
}

int clock_gettime(clockid_t, timespec* result) noexcept {
    constexpr Nanoseconds kShort = 1'000;
    constexpr Nanoseconds kLong = 600'000;  // some limits of the headers are half a millisecond
    if (is_observed) {
        const Unobserved here;
        const bool is_long = scheduler.strategy().decide(Decision::Rare);
        scheduler.pass_time(is_long ? kLong : kShort);
    }
    *result = to_timespec(scheduler.now());
    return 0;
}

int nanosleep(const timespec* duration, timespec*) {
    if (!is_observed) return 0;
    const Unobserved here;
    constexpr Nanoseconds kLongestInBuffer = 1'000'000;  // see retreat() in detail/module.hpp
    trace.add({.op = Event::Op::Nap});
    scheduler.pass_time(to_nanoseconds(*duration));
    if (to_nanoseconds(*duration) >= kLongestInBuffer) memory.fence_everywhere();
    scheduler.yield();
    return 0;
}

// No scenario forks, so the handlers are not needed; but many a schedule may register them.
int pthread_atfork(void (*)(), void (*)(), void (*)()) noexcept { return 0; }

// For locks that know their owner.
pthread_t pthread_self() noexcept {
    return is_observed ? static_cast<pthread_t>(scheduler.current() + 1) : kMaxThreads + 1;
}

}  // extern "C"
