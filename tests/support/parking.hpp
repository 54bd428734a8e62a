// SPDX-License-Identifier: MIT
// Parking with the callbacks most tests do not care about, and threads parked in a known order.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "parking_lot/core.hpp"
#include "support/threads.hpp"

namespace parking_lot::test {

inline constexpr auto kSleep = []() noexcept { return true; };
inline constexpr auto kNothing = []() noexcept {};
inline constexpr auto kIgnoreTimeOut = [](const void*, bool) noexcept {};
inline constexpr auto kNoToken = [](core::UnparkResult) noexcept { return core::UnparkToken{}; };

/// Parks unconditionally.
inline core::ParkResult park_at(const void* address, core::ParkToken token = {},
                                Deadline deadline = Deadline::never()) noexcept {
    return core::park(address, kSleep, kNothing, kIgnoreTimeOut, token, deadline);
}

inline core::UnparkResult unpark_one_at(const void* address) noexcept {
    return core::unpark_one(address, kNoToken);
}

/// Threads that are parked one after the other.
class Sleepers {
  public:
    /// Starts a thread that parks at `address`. Returns its number, once it is in the queue.
    std::size_t park(const void* address, core::ParkToken token = {}) {
        const std::size_t before = parked_at(address);
        Sleeper& sleeper = sleepers_.emplace_back();
        threads_.start([&sleeper, address, token]() {
            sleeper.result = park_at(address, token);
            sleeper.is_awake.store(true);
        });
        wait_for_parked(address, before + 1);
        return sleepers_.size() - 1;
    }

    /// Parks `count` of them, whose tokens are 1, 2, 3, ...
    void park_many(const void* address, std::size_t count) {
        for (std::size_t i = 1; i <= count; ++i) park(address, core::ParkToken{i});
    }

    [[nodiscard]] bool is_awake(std::size_t number) const {
        return sleepers_[number].is_awake.load();
    }

    [[nodiscard]] std::size_t awake() const {
        std::size_t count = 0;
        for (const Sleeper& sleeper : sleepers_) {
            if (sleeper.is_awake.load()) ++count;
        }
        return count;
    }

    /// How the park of this thread ended. Waits for its end.
    [[nodiscard]] core::ParkResult result_of(std::size_t number) const {
        wait_until([&]() { return is_awake(number); });
        return sleepers_[number].result;
    }

  private:
    struct Sleeper {
        core::ParkResult result{core::ParkStatus::Invalid, {}};
        std::atomic<bool> is_awake{false};
    };

    std::deque<Sleeper> sleepers_;
    Threads threads_;
};

/// The tokens of the threads parked at `address`, oldest first.
inline std::vector<std::uintptr_t> tokens_at(const void* address) {
    std::vector<std::uintptr_t> tokens;
    core::for_each_parked([&](const void* where, core::ParkToken token) noexcept {
        if (where == address) tokens.push_back(token.value);
    });
    return tokens;
}

/// No test may leave a waiter behind.
class ParkingTest : public ::testing::Test {
  protected:
    void TearDown() override { EXPECT_EQ(parked_anywhere(), 0u); }
};

}  // namespace parking_lot::test
