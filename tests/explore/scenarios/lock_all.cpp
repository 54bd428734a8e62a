// SPDX-License-Identifier: MIT
// Scenarios of lock_all: several locks at once, in any order.
#include <chrono>
#include <tuple>

#include "explore/scenario.hpp"
#include "parking_lot/lock_all.hpp"
#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"

namespace explore {
namespace {

using namespace parking_lot;
using namespace std::chrono_literals;

int value_of(Mutex<int>& mutex) {
    const auto guard = mutex.lock();
    return *guard;
}

SCENARIO(lock_all, opposite_orders) {
    const Object<Mutex<int>> one{"one"};
    const Object<Mutex<int>> other{"other"};
    const auto forwards = [&]() {
        const auto [a, b] = lock_all(*one, *other);
        ++*a;
        ++*b;
    };
    const auto backwards = [&]() {
        const auto [b, a] = lock_all(*other, *one);
        ++*a;
        ++*b;
    };
    run(forwards, backwards);
    check(value_of(*one) == 2 && value_of(*other) == 2, "an increment was lost");
}

SCENARIO(lock_all, beside_nested_locks) {
    const Object<Mutex<int>> one{"one"};
    const Object<Mutex<int>> other{"other"};
    const auto nested = [&]() {
        const auto a = one->lock();
        const auto b = other->lock();
        ++*a;
        ++*b;
    };
    const auto backwards = [&]() {
        const auto [b, a] = lock_all(*other, *one);
        ++*a;
        ++*b;
    };
    run(nested, backwards, nested);
    check(value_of(*one) == 3 && value_of(*other) == 3, "an increment was lost");
}

SCENARIO(lock_all, three_locks) {
    const Object<Mutex<int>> one{"one"};
    const Object<Mutex<int>> two{"two"};
    const Object<Mutex<int>> three{"three"};
    const auto adds = [](auto&&... locks) {
        const auto guards = lock_all(locks...);
        std::apply([](auto&... guard) { (++*guard, ...); }, guards);
    };
    run([&]() { adds(*one, *two); }, [&]() { adds(*two, *three); }, [&]() { adds(*three, *one); });
    check(value_of(*one) == 2 && value_of(*two) == 2 && value_of(*three) == 2,
          "an increment was lost");
}

SCENARIO(lock_all, modes) {
    const Object<RwLock<int>> table{"table"};
    const Object<Mutex<int>> mutex{"mutex"};
    const auto writes = [&]() {
        auto [writer, guard] = lock_all(table->write_mode(), *mutex);
        ++*writer;
        ++*guard;
    };
    const auto reads = [&]() {
        auto [guard, reader] = lock_all(*mutex, table->read_mode());
        check(*guard == *reader, "half of a change was seen");
    };
    const auto only_reads = [&]() {
        const auto reader = table->read();
        check(*reader >= 0, "the data");
    };
    run(writes, reads, only_reads);
}

SCENARIO(lock_all, gives_up) {
    const Object<Mutex<int>> one{"one"};
    const Object<Mutex<int>> other{"other"};
    int added = 0;
    const auto hurries = [&]() {
        auto guards = try_lock_all_for(50us, *one, *other);
        if (!guards) return;
        ++*std::get<0>(*guards);
        ++*std::get<1>(*guards);
        added = 1;
    };
    const auto backwards = [&]() {
        const auto [b, a] = lock_all(*other, *one);
        ++*a;
        ++*b;
    };
    run(hurries, backwards);
    check(value_of(*one) == 1 + added && value_of(*other) == 1 + added, "an increment was lost");
}

}  // namespace
}  // namespace explore
