// SPDX-License-Identifier: MIT
// The library without exceptions and run-time type information: compiled with both switched off. A
// program of its own, since GoogleTest needs them.
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "parking_lot/parking_lot.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "compile with -fno-exceptions -fno-rtti"
#endif

namespace {

using namespace std::chrono_literals;

template <class Mutex>
int use() {
    const auto shared = std::make_shared<Mutex>(0);
    auto add_some = [&shared]() {
        for (int i = 0; i < 1000; ++i) shared->with_lock([](int& value) { ++value; });
    };
    std::thread other{add_some};
    add_some();
    shared->lock_when([](int value) { return value == 2000; }).unlock();
    other.join();
    auto guard = shared->lock();
    if (shared->try_lock() || shared->try_lock_for(1ms)) return -1;
    guard.unlocked([&shared]() { shared->with_lock([](int& value) { ++value; }); });
    guard.bump();
    auto part = std::move(guard).map([](int& value) -> int& { return value; });
    part.unlock_fair();
    Mutex second{1};
    auto [a, b] = parking_lot::lock_all(*shared, second);
    *a += *b;
    a.unlock();
    const auto owned = parking_lot::lock_owned(shared).try_map([](int& value) { return &value; });
    return **owned;
}

}  // namespace

int main() {
    constexpr int kExpected = 2002;
    const bool right = use<parking_lot::Mutex<int>>() == kExpected &&
                       use<parking_lot::FairMutex<int>>() == kExpected &&
                       use<parking_lot::BasicMutex<parking_lot::RawStdMutex, int>>() == kExpected;
    std::puts(right ? "right" : "wrong");
    return right ? 0 : 1;
}
