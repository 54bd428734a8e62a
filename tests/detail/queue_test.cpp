// SPDX-License-Identifier: MIT
// WaiterQueues and TakenWaiters: order, links, and a comparison with vectors under random use.
#include "parking_lot/detail/queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <random>
#include <vector>

namespace parking_lot::detail {
namespace {

using Row = std::vector<const Waiter*>;

Row forward(const WaiterQueues& queues, const Key& key) {
    Row row;
    for (const Waiter* w = queues.find(key); w != nullptr; w = WaiterQueues::following(*w)) {
        row.push_back(w);
    }
    return row;
}

Row backward(const WaiterQueues& queues, const Key& key) {
    Row row;
    const Waiter* const head = queues.find(key);
    if (head == nullptr) return row;
    for (const Waiter* w = head->previous; w != head; w = w->previous) row.push_back(w);
    row.push_back(head);
    std::reverse(row.begin(), row.end());
    return row;
}

/// Checks the ring of `key` in both directions, the flags of its nodes, and their order.
void expect_row(const WaiterQueues& queues, const Key& key, const Row& expected) {
    EXPECT_EQ(forward(queues, key), expected);
    EXPECT_EQ(backward(queues, key), expected);
    for (const Waiter* waiter : expected) {
        EXPECT_TRUE(waiter->queued);
        EXPECT_EQ(waiter->is_head, waiter == expected.front());
        EXPECT_EQ(waiter->key, key);
    }
}

/// The number of heads; checks that their list is linked in both directions.
std::size_t count_heads(const WaiterQueues& queues) {
    std::size_t count = 0;
    const Waiter* previous = nullptr;
    for (const Waiter* head = queues.first(); head != nullptr; head = head->next_head) {
        EXPECT_EQ(head->previous_head, previous);
        EXPECT_TRUE(head->is_head);
        previous = head;
        ++count;
    }
    return count;
}

struct QueueTest : ::testing::Test {
    std::array<char, 4> places{};
    std::array<Waiter, 5> waiters;
    Key key{&places[0], Kind::User};
    Key other{&places[1], Kind::User};
    WaiterQueues queues;

    void push_back(std::size_t i, const Key& where) {
        waiters[i].key = where;
        queues.push_back(waiters[i]);
    }

    void push_front(std::size_t i, const Key& where) {
        waiters[i].key = where;
        queues.push_front(waiters[i]);
    }

    void push_before(std::size_t place, std::size_t i) {
        waiters[i].key = waiters[place].key;
        queues.push_before(waiters[place], waiters[i]);
    }

    [[nodiscard]] Row row(std::initializer_list<std::size_t> numbers) const {
        Row result;
        for (const std::size_t i : numbers) result.push_back(&waiters[i]);
        return result;
    }
};

TEST_F(QueueTest, IsEmptyAtFirst) {
    EXPECT_EQ(queues.first(), nullptr);
    EXPECT_EQ(queues.find(key), nullptr);
}

TEST_F(QueueTest, OneWaiter) {
    push_back(0, key);
    expect_row(queues, key, row({0}));
    queues.remove(waiters[0]);
    EXPECT_EQ(queues.first(), nullptr);
    EXPECT_FALSE(waiters[0].queued);
}

TEST_F(QueueTest, FirstInFirstOut) {
    for (std::size_t i = 0; i < 3; ++i) push_back(i, key);
    expect_row(queues, key, row({0, 1, 2}));
}

TEST_F(QueueTest, PushFrontGoesBeforeAll) {
    push_front(0, key);
    push_back(1, key);
    push_front(2, key);
    push_back(3, key);
    expect_row(queues, key, row({2, 0, 1, 3}));
    EXPECT_EQ(count_heads(queues), 1u);
}

TEST_F(QueueTest, PushBeforeGoesBeforeItsPlace) {
    push_back(0, key);
    push_before(0, 1);
    push_back(2, key);
    push_before(2, 3);
    expect_row(queues, key, row({1, 0, 3, 2}));
    EXPECT_EQ(count_heads(queues), 1u);
    queues.remove(waiters[1]);
    expect_row(queues, key, row({0, 3, 2}));
}

TEST_F(QueueTest, RemovesHeadMiddleAndTail) {
    for (std::size_t i = 0; i < 5; ++i) push_back(i, key);
    queues.remove(waiters[2]);
    expect_row(queues, key, row({0, 1, 3, 4}));
    queues.remove(waiters[0]);
    expect_row(queues, key, row({1, 3, 4}));
    queues.remove(waiters[4]);
    expect_row(queues, key, row({1, 3}));
    EXPECT_EQ(count_heads(queues), 1u);
}

TEST_F(QueueTest, KeysHaveQueuesOfTheirOwn) {
    push_back(0, key);
    push_back(1, other);
    push_back(2, key);
    push_back(3, other);
    EXPECT_EQ(count_heads(queues), 2u);
    expect_row(queues, key, row({0, 2}));
    expect_row(queues, other, row({1, 3}));
    queues.remove(waiters[0]);
    queues.remove(waiters[2]);
    EXPECT_EQ(count_heads(queues), 1u);
    EXPECT_EQ(queues.find(key), nullptr);
    expect_row(queues, other, row({1, 3}));
}

TEST_F(QueueTest, KindIsPartOfTheKey) {
    const Key byte{&places[0], Kind::ByteMutex};
    push_back(0, key);
    push_back(1, byte);
    expect_row(queues, key, row({0}));
    expect_row(queues, byte, row({1}));
    EXPECT_EQ(queues.find({&places[0], Kind::WordMutex}), nullptr);
}

TEST_F(QueueTest, RemovedWaiterMayBeQueuedAgain) {
    push_back(0, key);
    push_back(1, key);
    queues.remove(waiters[0]);
    push_back(0, other);
    queues.remove(waiters[0]);
    push_back(0, key);
    expect_row(queues, key, row({1, 0}));
}

/// The queues and what they should be, side by side.
class Comparison {
  public:
    explicit Comparison(unsigned seed) : random_{seed} {
        for (std::size_t i = 0; i < kKeys; ++i) {
            keys_[i] = {&places_[i / 2], i % 2 == 0 ? Kind::User : Kind::ByteMutex};
        }
    }

    void step() {
        Waiter& waiter = waiters_[pick(kWaiters)];
        if (waiter.queued) {
            std::erase(row_of(waiter.key), &waiter);
            queues_.remove(waiter);
            return;
        }
        waiter.key = keys_[pick(kKeys)];
        Row& row = row_of(waiter.key);
        if (pick(3) == 0) {
            queues_.push_front(waiter);
            row.insert(row.begin(), &waiter);
        } else {
            queues_.push_back(waiter);
            row.push_back(&waiter);
        }
    }

    void check() {
        std::size_t heads = 0;
        for (std::size_t i = 0; i < kKeys; ++i) {
            expect_row(queues_, keys_[i], rows_[i]);
            heads += rows_[i].empty() ? 0u : 1u;
        }
        EXPECT_EQ(count_heads(queues_), heads);
    }

  private:
    static constexpr std::size_t kKeys = 6;
    static constexpr std::size_t kWaiters = 24;

    std::size_t pick(std::size_t count) { return random_() % count; }

    Row& row_of(const Key& key) {
        return rows_[static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), key) -
                                              keys_.begin())];
    }

    std::mt19937 random_;
    std::array<char, kKeys> places_{};
    std::array<Key, kKeys> keys_;
    std::array<Row, kKeys> rows_;
    std::array<Waiter, kWaiters> waiters_;
    WaiterQueues queues_;
};

TEST(QueueRandomTest, AgreesWithLists) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        Comparison comparison{seed};
        for (int i = 0; i < 500 && !::testing::Test::HasFailure(); ++i) {
            comparison.step();
            comparison.check();
        }
    }
}

struct TakenWaitersTest : QueueTest {
    TakenWaiters taken;

    [[nodiscard]] static bool was_notified(Waiter& waiter) {
        return waiter.sleep(Deadline::passed(), Spin{{0, 0}, Deadline::passed()});
    }
};

TEST_F(TakenWaitersTest, NobodyAtFirst) {
    EXPECT_EQ(taken.count(), 0u);
    taken.give_token({1});
    taken.notify_all();
}

TEST_F(TakenWaitersTest, TakesFromTheQueueAndNotifiesThoseOnly) {
    for (std::size_t i = 0; i < 5; ++i) push_back(i, key);
    taken.add(queues, waiters[3]);
    taken.add(queues, waiters[0]);
    EXPECT_EQ(taken.count(), 2u);
    expect_row(queues, key, row({1, 2, 4}));
    EXPECT_FALSE(waiters[0].queued);
    EXPECT_FALSE(was_notified(waiters[0]));

    taken.notify_all();
    for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(was_notified(waiters[i]), i == 0 || i == 3);
}

TEST_F(TakenWaitersTest, GivesTheTokenToAll) {
    for (std::size_t i = 0; i < 3; ++i) push_back(i, key);
    for (std::size_t i = 0; i < 2; ++i) taken.add(queues, waiters[i]);
    taken.give_token({42});
    EXPECT_EQ(waiters[0].unpark_token.value, 42u);
    EXPECT_EQ(waiters[1].unpark_token.value, 42u);
    EXPECT_EQ(waiters[2].unpark_token.value, 0u);
}

}  // namespace
}  // namespace parking_lot::detail
