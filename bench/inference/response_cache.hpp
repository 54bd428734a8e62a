// SPDX-License-Identifier: MIT
// ResponseCache: finished responses, the chunks they were streamed in, and their conversations.
//
// Locks: three RwLocks, "response_cache", "response_chunks" and "conversation_history": most are
// looked at more often than changed, and a reader of one is not in the way of the others' readers.
// Order: responses -> chunks -> histories, always. Whoever changes a response holds all three, so
// that it is in all three maps or in none; all_for_writing() is the one place that takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inference/locks.hpp"

namespace inference {

using ResponseId = std::uint64_t;

struct Response {
    ResponseId id = 0;
    std::string model;
    std::string text;
};

class ResponseCache {
  public:
    using Chunks = std::vector<std::string>;
    using History = std::vector<std::string>;  // prompts and answers in turn

    /// Forgets the oldest response when there are more than `capacity`.
    explicit ResponseCache(std::size_t capacity) : capacity_{capacity} {}

    void store(const Response& response, Chunks chunks, History history) {
        All all = all_for_writing();
        all.responses->insert_or_assign(response.id, response);
        all.chunks->insert_or_assign(response.id, std::move(chunks));
        all.histories->insert_or_assign(response.id, std::move(history));
        if (all.responses->size() > capacity_) erase(all, all.responses->begin()->first);
    }

    /// Whether there was one.
    bool remove(ResponseId id) {
        All all = all_for_writing();
        return erase(all, id);
    }

    [[nodiscard]] std::optional<Response> response(ResponseId id) const {
        return find(responses_, id);
    }
    [[nodiscard]] std::optional<Chunks> chunks(ResponseId id) const { return find(chunks_, id); }
    [[nodiscard]] std::optional<History> history(ResponseId id) const {
        return find(histories_, id);
    }

    /// How many there are, if the three maps agree on it; nothing if they do not.
    [[nodiscard]] std::optional<std::size_t> consistent_size() const {
        const auto responses = responses_.read();
        const auto chunks = chunks_.read();
        const auto histories = histories_.read();
        const std::size_t size = responses->size();
        const bool agree = chunks->size() == size && histories->size() == size;
        return agree ? std::optional{size} : std::nullopt;
    }

  private:
    using Responses = std::map<ResponseId, Response>;  // by age, as numbers are given in turn
    using ChunksById = std::map<ResponseId, Chunks>;
    using HistoryById = std::map<ResponseId, History>;

    /// The guards of all three locks. Members are initialized in this order, which is the locks'.
    struct All {
        decltype(std::declval<RwLock<Responses>&>().write()) responses;
        decltype(std::declval<RwLock<ChunksById>&>().write()) chunks;
        decltype(std::declval<RwLock<HistoryById>&>().write()) histories;
    };

    All all_for_writing() { return {responses_.write(), chunks_.write(), histories_.write()}; }

    static bool erase(All& all, ResponseId id) {
        all.chunks->erase(id);
        all.histories->erase(id);
        return all.responses->erase(id) > 0;
    }

    template <class Map>
    static std::optional<typename Map::mapped_type> find(const RwLock<Map>& lock, ResponseId id) {
        const auto map = lock.read();
        const auto found = map->find(id);
        return found == map->end() ? std::nullopt : std::optional{found->second};
    }

    std::size_t capacity_;
    RwLock<Responses> responses_{"response_cache"};
    RwLock<ChunksById> chunks_{"response_chunks"};
    RwLock<HistoryById> histories_{"conversation_history"};
};

}  // namespace inference
