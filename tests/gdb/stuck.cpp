// SPDX-License-Identifier: MIT
// A process that is stuck in many ways, and aborts when it is: what gdb is to see.
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <thread>

#include "parking_lot/parking_lot.hpp"

namespace {

using namespace parking_lot;

struct Account {
    int balance = 0;
};

Mutex<Account> savings{Account{100}};
Mutex<Account> checking{Account{50}};
BasicMutex<RawMutex, char> small{'s'};
FairMutex<int> fair{7};
RwLock<int> prices{42};
ReentrantMutex<int> registry{3};
Condvar not_empty;
Once set_up;
OnceCell<int> cell;
Lazy<int> lazy{[] { return 5; }};
const char own_lock = 0;

// Guards in main, for gdb to print.
[[gnu::used]] const MutexGuard<char>* a_guard;
[[gnu::used]] const RwLockReadGuard<int>* a_reader;
[[gnu::used]] const MutexGuard<char>* an_empty_guard;

std::atomic<int> holding{0};

/// Locks one, waits until all threads hold what they want, and waits for the other for ever.
void transfer(Mutex<Account>& from, Mutex<Account>& to) {
    auto a = from.lock();
    holding.fetch_add(1);
    while (holding.load() < 2) std::this_thread::yield();
    auto b = to.lock();
    b->balance += a->balance;
}

void read_prices() {
    const auto guard = prices.read();
    std::printf("%d", *guard);
}

void write_prices() {
    auto guard = prices.write();
    *guard = 1;
}

void use_registry() { auto guard = registry.lock(); }

void wait_for_work() {
    auto guard = fair.lock();
    not_empty.wait(guard);
}

#if !PARKING_LOT_CHECKED  // which would report it
Mutex<int> taken_twice{1};

void take_twice() {
    auto one = taken_twice.lock();
    auto other = taken_twice.lock();
    *one = *other;
}
#endif

void wait_for_set_up() { set_up.wait(); }

void wait_for_own_lock() {
    (void)core::park(
        &own_lock, []() noexcept { return true; }, []() noexcept {},
        [](const void*, bool) noexcept {});
}

std::size_t parked() {
    std::size_t count = 0;
    core::for_each_parked([&](const void*, core::ParkToken) noexcept { ++count; });
    return count;
}

template <class Function>
void start(Function function) {
    const std::size_t before = parked();
    std::thread{function}.detach();
    while (parked() == before) std::this_thread::yield();
}

}  // namespace

int main() {
    std::thread{[] { transfer(savings, checking); }}.detach();
    std::thread{[] { transfer(checking, savings); }}.detach();
    while (parked() < 2) std::this_thread::yield();

    const auto reader = prices.read();
    start(write_prices);
    start(read_prices);
    const auto outer = registry.lock();
    const auto inner = registry.lock();
    start(use_registry);
    start(wait_for_work);
    start(wait_for_own_lock);

    Mutex<char> own{'m'};
    MutexGuard<char> guard = own.lock();
    Mutex<char> other{'e'};
    MutexGuard<char> empty = other.lock();
    empty.unlock();
    a_guard = &guard;
    a_reader = &reader;
    an_empty_guard = &empty;
    (void)cell.set(11);
    (void)*lazy;
    (void)small.lock().leak();
    set_up.call_once([&]() {
        start(wait_for_set_up);
#if !PARKING_LOT_CHECKED
        start(take_twice);
#endif
        (void)report_deadlocks();
        (void)std::raise(SIGABRT);
    });
}
