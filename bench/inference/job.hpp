// SPDX-License-Identifier: MIT
// Request: what a client asks for. Job: a request on its way through the server.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inference/kv_cache.hpp"
#include "inference/language_model.hpp"
#include "inference/model_router.hpp"
#include "inference/response_cache.hpp"
#include "inference/text.hpp"
#include "inference/token_stream.hpp"

namespace inference {

struct Request {
    std::string model = "trigram";
    std::string adapter;  // none when empty
    std::string prompt;
    std::optional<ResponseId> previous;  // the response whose conversation this goes on with
    std::size_t max_words = 64;
    double temperature = 1;
    std::uint64_t seed = 0;  // of this text
    std::chrono::milliseconds timeout{30'000};
    bool stream = false;  // whether the client wants every word as it comes
};

/// Shared by the client, the table of active requests and the worker that has it in hand.
struct Job {
    Job(ResponseId number, Request what)
        : id{number},
          request{std::move(what)},
          deadline{std::chrono::steady_clock::now() + request.timeout},
          stream{request.stream} {}

    [[nodiscard]] bool is_overdue(std::chrono::steady_clock::time_point now) const {
        return cancelled.load(std::memory_order_relaxed) || now >= deadline;
    }

    /// Ends it at its next step.
    // relaxed: a wish; nothing is read because of it
    void cancel() { cancelled.store(true, std::memory_order_relaxed); }

    const ResponseId id;
    const Request request;
    const std::chrono::steady_clock::time_point deadline;
    std::atomic<bool> cancelled{false};
    TokenStream stream;

    // Set before the job is submitted.
    ModelRouter::ModelPointer model;
    AdapterManager::AdapterPointer adapter;
    ResponseCache::History history;
    std::vector<Token> prompt;

    // Of the one worker that has the job in its batch; the scheduler's lock is between two of them.
    std::optional<KvSequence> sequence;
    Context context;
    std::size_t made = 0;
    std::uint64_t releases_seen = 0;  // the scheduler's
};

using JobPointer = std::shared_ptr<Job>;

}  // namespace inference
