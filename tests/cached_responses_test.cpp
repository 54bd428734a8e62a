// SPDX-License-Identifier: MIT
// The cache of responses that these locks were first wanted for: many readers and writers of one
// table, and two tables whose locks are always taken in the same order.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parking_lot/mutex.hpp"
#include "parking_lot/rwlock.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using Response = std::string;
using Chunks = std::vector<std::string>;

/// Responses, and the chunks that each was streamed in. Locks: responses before chunks.
class CachedResponses {
  public:
    void store(int id, Response response, Chunks chunks) {
        auto responses = responses_.write();
        auto all_chunks = chunks_.write();
        (*responses)[id] = std::move(response);
        (*all_chunks)[id] = std::move(chunks);
    }

    [[nodiscard]] std::optional<Response> get(int id) const {
        const auto responses = responses_.read();
        const auto place = responses->find(id);
        return place == responses->end() ? std::nullopt : std::optional{place->second};
    }

    bool erase(int id) {
        auto responses = responses_.write();
        auto all_chunks = chunks_.write();
        const bool erased = responses->erase(id) != 0;
        EXPECT_EQ(all_chunks->erase(id) != 0, erased);
        return erased;
    }

    /// The number of entries, which both tables agree on at any time.
    [[nodiscard]] std::size_t size() const {
        const auto responses = responses_.read();
        const auto all_chunks = chunks_.read();
        EXPECT_EQ(responses->size(), all_chunks->size());
        return responses->size();
    }

  private:
    RwLock<std::map<int, Response>> responses_;
    RwLock<std::map<int, Chunks>> chunks_;
};

TEST(CachedResponsesTest, stores_gets_and_erases) {
    CachedResponses cache;
    cache.store(1, "answer", {"ans", "wer"});
    EXPECT_EQ(cache.get(1), "answer");
    EXPECT_EQ(cache.get(2), std::nullopt);
    EXPECT_TRUE(cache.erase(1));
    EXPECT_FALSE(cache.erase(1));
    EXPECT_EQ(cache.size(), 0U);
}

TEST(CachedResponsesTest, ten_threads_read_a_hundred_times) {
    RwLock<int> value{42};
    std::atomic<int> seen{0};
    test::run_together(10, [&](std::size_t) {
        for (int i = 0; i < 100; ++i) {
            const auto guard = value.read();
            if (*guard == 42) ++seen;
        }
    });
    EXPECT_EQ(seen, 10 * 100);
    EXPECT_FALSE(value.is_locked());
}

TEST(CachedResponsesTest, ten_threads_write_a_hundred_times) {
    RwLock<int> value{0};
    Mutex<int> other{0};
    test::run_together(10, [&](std::size_t) {
        for (int i = 0; i < 100; ++i) {
            ++*value.write().operator->();
            ++*other.lock().operator->();
        }
    });
    EXPECT_EQ(value.get_mut(), 10 * 100);
    EXPECT_EQ(other.get_mut(), 10 * 100);
}

TEST(CachedResponsesTest, readers_see_whole_writes) {
    RwLock<std::pair<int, int>> value;
    test::run_together(10, [&](std::size_t index) {
        for (int i = 0; i < 100; ++i) {
            if (index % 2 == 0) {
                auto guard = value.write();
                ++guard->first;
                ++guard->second;
            } else {
                const auto guard = value.read();
                EXPECT_EQ(guard->first, guard->second);
            }
        }
    });
    EXPECT_EQ(value.get_mut(), std::pair(5 * 100, 5 * 100));
}

TEST(CachedResponsesTest, twenty_threads_store_and_erase_in_one_order_of_locks) {
    constexpr int kThreads = 20;
    constexpr int kEntries = 50;
    CachedResponses cache;
    test::run_together(kThreads, [&](std::size_t index) {
        const int first = static_cast<int>(index) * kEntries;
        for (int id = first; id < first + kEntries; ++id) {
            cache.store(id, std::to_string(id), {"a", "b"});
            EXPECT_EQ(cache.get(id), std::to_string(id));
            EXPECT_GE(cache.size(), 1U);
            EXPECT_EQ(cache.erase(id % 2 == 0 ? id : -1), id % 2 == 0);
        }
    });
    EXPECT_EQ(cache.size(), std::size_t{kThreads * kEntries / 2});
    EXPECT_EQ(cache.get(0), std::nullopt);
    EXPECT_EQ(cache.get(1), "1");
    EXPECT_EQ(test::parked_anywhere(), 0U);
}

}  // namespace
}  // namespace parking_lot
