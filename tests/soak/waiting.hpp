// SPDX-License-Identifier: MIT
// Activities that wait for what others do: nothing may be lost, and nobody forgotten.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "parking_lot/parking_lot.hpp"
#include "soak/activity.hpp"

namespace parking_lot::soak {

/// A bounded buffer that is always nearly full or nearly empty.
template <class Mutex>
class CondvarActivity : public Activity {
  public:
    explicit CondvarActivity(const char* name) noexcept : Activity{name} {}

    void check() override {
        require(!items_.is_locked(), "the mutex of the condition variables is free");
        require(items_.get_mut() == put_.load() - taken_.load(), "the buffer lost no item");
    }

  private:
    static constexpr std::int64_t kMost = 2;

    void run(Worker& worker) override {
        auto items = items_.lock();
        if (worker.below(2) == 0) {
            if (!wait(has_room_, items, worker, [&]() { return *items < kMost; })) return;
            ++*items;
            put_.fetch_add(1);
            worker.below(4) == 0 ? (void)has_items_.notify_all() : (void)has_items_.notify_one();
        } else {
            if (!wait(has_items_, items, worker, [&]() { return *items > 0; })) return;
            --*items;
            taken_.fetch_add(1);
            worker.below(4) == 0 ? (void)has_room_.notify_all() : (void)has_room_.notify_one();
        }
        worker.linger();
    }

    template <class Guard, class Predicate>
    static bool wait(Condvar& condvar, Guard& guard, Worker& worker, Predicate predicate) {
        return worker.below(2) == 0 ? condvar.wait_for(guard, worker.moment(), predicate)
                                    : condvar.wait(guard, worker.stop, predicate);
    }

    Mutex items_{0};
    Condvar has_room_;
    Condvar has_items_;
    std::atomic<std::int64_t> put_{0};
    std::atomic<std::int64_t> taken_{0};
};

/// Tokens go round: who takes one at its place puts it at the next.
struct Ring {
    static constexpr std::size_t kPlaces = 4;
    static constexpr int kTokens = 3;
    std::array<int, kPlaces> tokens{kTokens};

    [[nodiscard]] bool has_token(std::size_t place) const { return tokens[place] > 0; }
    void move_token(std::size_t place) {
        --tokens[place];
        ++tokens[(place + 1) % kPlaces];
    }
    void check() const {
        int sum = 0;
        for (const int at_place : tokens) {
            require(at_place >= 0, "no token was taken twice");
            sum += at_place;
        }
        require(sum == kTokens, "no token was lost");
    }
};

/// lock_when and await of a mutex and an RwLock.
class AwaitActivity : public Activity {
  public:
    AwaitActivity() noexcept : Activity{"lock_when, await"} {}

    void check() override {
        require(!mutex_.is_locked() && !rwlock_.is_locked(), "awaited locks are free");
        mutex_.get_mut().check();
        rwlock_.get_mut().check();
    }

  private:
    void run(Worker& worker) override {
        const std::size_t place = worker.below(Ring::kPlaces);
        const auto has_token = [place](const Ring& ring) { return ring.has_token(place); };
        switch (worker.below(5)) {
            case 0:
                if (auto ring = mutex_.try_lock_when_for(worker.moment(), has_token)) {
                    (*ring)->move_token(place);
                }
                break;
            case 1:
                if (auto ring = mutex_.lock_when(worker.stop, has_token)) {
                    (*ring)->move_token(place);
                }
                break;
            case 2: {
                auto ring = mutex_.lock();
                if (ring.await_for(worker.moment(), has_token)) ring->move_token(place);
                break;
            }
            case 3:
                if (auto ring = rwlock_.try_write_when_for(worker.moment(), has_token)) {
                    (*ring)->move_token(place);
                }
                break;
            default:
                if (auto ring = rwlock_.read_when(worker.stop, has_token)) {
                    require((*ring)->has_token(place), "who was let in finds its token");
                }
        }
    }

    Mutex<Ring> mutex_;
    RwLock<Ring> rwlock_;
};

class SemaphoreActivity : public Activity {
  public:
    SemaphoreActivity() noexcept : Activity{"Semaphore"} {}

    void check() override {
        require(in_use_.load() == 0, "all permits are given back");
        require(semaphore_.available() == kPermits, "no permit was lost");
    }

  private:
    static constexpr std::uint32_t kPermits = 2;

    void run(Worker& worker) override {
        if (!acquire(worker)) return;
        require(in_use_.fetch_add(1) < kPermits, "no permit is given twice");
        worker.linger();
        in_use_.fetch_sub(1);
        semaphore_.release();
    }

    bool acquire(Worker& worker) {
        switch (worker.below(3)) {
            case 0:
                semaphore_.acquire();
                return true;
            case 1:
                return semaphore_.try_acquire_for(worker.moment());
            default:
                return semaphore_.acquire(worker.stop);
        }
    }

    Semaphore semaphore_{kPermits};
    std::atomic<std::uint32_t> in_use_{0};
};

/// A latch that dies as soon as its waiter returns, and the threads that count it down.
class LatchActivity : public Activity {
  public:
    LatchActivity() noexcept : Activity{"Latch, and two threads", 16} {}

    void check() override { require(unfinished_.load() == 0, "all threads have counted down"); }

  private:
    void run(Worker& worker) override {
        auto latch = std::make_unique<Latch>(2);
        const auto count_down = [this, which = latch.get()]() {
            unfinished_.fetch_sub(1);
            which->count_down();
        };
        unfinished_.fetch_add(2);
        std::thread one{count_down};
        std::thread other{count_down};
        if (worker.below(2) == 0 || !latch->wait_for(worker.moment())) latch->wait();
        latch.reset();
        one.join();
        other.join();
    }

    std::atomic<int> unfinished_{0};
};

/// Many Onces, and how often each was called.
struct Generation {
    mutable std::array<Once, 16> onces;
    mutable std::array<int, 16> calls{};
};

/// Generations of Onces: from time to time they are made new again.
class OnceActivity : public Activity {
  public:
    OnceActivity() noexcept : Activity{"Once"} {}

    void check() override {
        require(!generation_.is_locked(), "the lock of the Onces is free");
        check_and_reset(generation_.get_mut());
    }

  private:
    void run(Worker& worker) override {
        if (worker.below(32) == 0) {
            const auto generation = generation_.write();
            check_and_reset(*generation);
            return;
        }
        const auto generation = generation_.read();
        const std::size_t which = worker.below(16);
        try {
            (*generation).onces[which].call_once([&]() {
                worker.linger();
                if (worker.below(4) == 0) throw std::runtime_error{"not yet"};
                ++(*generation).calls[which];
            });
            require((*generation).calls[which] == 1, "a Once is called once");
        } catch (const std::runtime_error&) {
            return;  // so another thread is to call it
        }
    }

    static void check_and_reset(Generation& generation) {
        for (std::size_t i = 0; i < generation.onces.size(); ++i) {
            const int expected = generation.onces[i].is_done() ? 1 : 0;
            require(generation.calls[i] == expected, "a Once is called once");
            generation.onces[i].reset();
            generation.calls[i] = 0;
        }
    }

    RwLock<Generation> generation_;
};

/// A semaphore as a user would write it over core::park.
class ParkActivity : public Activity {
  public:
    ParkActivity() noexcept : Activity{"core::park"} {}

    void check() override { require(tokens_.load() == kTokens, "no token of core::park was lost"); }

  private:
    static constexpr int kTokens = 2;

    void run(Worker& worker) override {
        const auto deadline = Deadline::after(worker.moment());
        while (!take()) {
            const auto result = core::park(
                &tokens_, [this]() noexcept { return tokens_.load() == 0; }, []() noexcept {},
                [](const void*, bool) noexcept {}, {}, deadline);
            if (result.status == core::ParkStatus::TimedOut) return;
        }
        worker.linger();
        tokens_.fetch_add(1);
        core::unpark_one(&tokens_, [](core::UnparkResult) noexcept { return core::UnparkToken{}; });
    }

    bool take() {
        int tokens = tokens_.load();
        while (tokens > 0) {
            if (tokens_.compare_exchange_weak(tokens, tokens - 1)) return true;
        }
        return false;
    }

    std::atomic<int> tokens_{kTokens};
};

}  // namespace parking_lot::soak
