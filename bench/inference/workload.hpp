// SPDX-License-Identifier: MIT
// The workload: clients that ask one request after the other, the same ones in every run.
//
// Every client begins with the same words (as applications do, with their system prompt), so their
// sequences share blocks of the KV cache; every other request goes on with a conversation; half of
// them are streamed; models, adapters, lengths and temperatures are mixed.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "inference/job.hpp"
#include "inference/sampler.hpp"
#include "inference/server.hpp"
#include "inference/text.hpp"

namespace inference {

struct Workload {
    std::size_t clients = 50;
    std::size_t requests = 100;  // of each client
    std::uint64_t seed = 1;
    std::chrono::milliseconds timeout{30'000};
};

/// What a client got.
struct Answer {
    Status status = Status::Cancelled;
    ResponseId id = 0;
    std::string text;
    std::size_t words = 0;
};

/// What all clients got. Two runs of a workload in which every request was completed have the same
/// hash if and only if (but for chance) each client got the same texts.
struct RunResult {
    double seconds = 0;
    std::size_t words = 0;
    std::size_t completed = 0;
    std::size_t not_completed = 0;
    std::uint64_t hash = 0;
    std::vector<double> latencies;  // seconds, sorted
    std::string failure;            // why one of the requests threw, if any did

    [[nodiscard]] double total_latency() const {
        double sum = 0;
        for (const double latency : latencies) sum += latency;
        return sum;
    }
    [[nodiscard]] double mean_latency() const {
        return latencies.empty() ? 0 : total_latency() / static_cast<double>(latencies.size());
    }
    /// What this share of the requests did not exceed.
    [[nodiscard]] double latency(double share) const {
        if (latencies.empty()) return 0;
        const double place = share * static_cast<double>(latencies.size());
        return latencies[std::min(static_cast<std::size_t>(place), latencies.size() - 1)];
    }
};

inline Request make_request(const Text& text, const Workload& workload, std::size_t client,
                            std::size_t index, std::optional<ResponseId> previous) {
    constexpr std::size_t kSystemPromptWords = 40;
    const std::uint64_t dice = mix(mix(workload.seed ^ mix(client)) + index);
    const auto roll = [dice](unsigned which, std::uint64_t sides) {
        return static_cast<std::size_t>(mix(dice + which) % sides);
    };
    Request request;
    request.model = roll(0, 4) == 0 ? "bigram" : "trigram";
    request.adapter = std::vector<std::string>{"", "brief", "learned"}[roll(1, 3)];
    const std::string question = text.excerpt(roll(2, text.words().size()), 8 + roll(3, 24));
    if (index % 2 == 1 && previous) {
        request.prompt = question;
        request.previous = previous;
    } else {
        request.prompt = text.excerpt(0, kSystemPromptWords) + " " + question;
    }
    request.max_words = 16 + roll(4, 81);
    request.temperature = roll(5, 2) == 0 ? 1.0 : 0.7;
    request.seed = dice;
    request.timeout = workload.timeout;
    request.stream = roll(6, 2) == 0;
    return request;
}

/// FNV-1a, going on from `hash`.
constexpr std::uint64_t hash_text(std::uint64_t hash, std::string_view text) {
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return hash;
}

/// Lets all clients ask at once. `connect()` gives each its own `ask(request) -> Answer`, one after
/// the other, before the clock runs; `done` counts the answers. A request whose `ask` throws is not
/// completed.
template <class Connect>
RunResult run_clients(const Text& text, const Workload& workload, const Connect& connect,
                      std::atomic<std::size_t>& done) {
    using Clock = std::chrono::steady_clock;
    std::vector<RunResult> results(workload.clients);
    std::vector<decltype(connect())> asks;
    for (std::size_t client = 0; client < workload.clients; ++client) asks.push_back(connect());
    const auto run_client = [&](std::size_t client) {
        RunResult& mine = results[client];
        std::optional<ResponseId> previous;
        for (std::size_t index = 0; index < workload.requests; ++index) {
            const Request request = make_request(text, workload, client, index, previous);
            const auto start = Clock::now();
            Answer answer;
            try {
                answer = asks[client](request);
            } catch (const std::exception& error) {
                mine.failure = error.what();
            }
            mine.latencies.push_back(std::chrono::duration<double>{Clock::now() - start}.count());
            const bool is_complete = answer.status == Status::Completed;
            ++(is_complete ? mine.completed : mine.not_completed);
            previous = is_complete ? std::optional{answer.id} : std::nullopt;
            mine.words += answer.words;
            mine.hash = hash_text(mine.hash, answer.text);
            done.fetch_add(1, std::memory_order_relaxed);
        }
    };
    const auto start = Clock::now();
    std::vector<std::thread> threads;
    for (std::size_t client = 0; client < workload.clients; ++client) {
        threads.emplace_back([&run_client, client]() { run_client(client); });
    }
    for (std::thread& thread : threads) thread.join();

    RunResult all;
    all.seconds = std::chrono::duration<double>{Clock::now() - start}.count();
    for (const RunResult& one : results) {
        all.words += one.words;
        all.completed += one.completed;
        all.not_completed += one.not_completed;
        if (!one.failure.empty()) all.failure = one.failure;
        all.hash = mix(all.hash ^ one.hash);
        all.latencies.insert(all.latencies.end(), one.latencies.begin(), one.latencies.end());
    }
    std::ranges::sort(all.latencies);
    return all;
}

/// Asks a server in this process, reading streamed answers word by word.
inline Answer ask_server(Server& server, const Request& request) {
    const JobPointer job = server.submit(request);
    std::vector<std::string> words;
    if (request.stream) {
        while (auto word = job->stream.word(words.size())) words.push_back(std::move(*word));
    }
    const Status status = job->stream.wait();
    if (!request.stream) words = job->stream.words();
    return {status, job->id, joined(words), words.size()};
}

inline RunResult run_workload(Server& server, const Text& text, const Workload& workload,
                              std::atomic<std::size_t>& done) {
    const auto connect = [&server]() {
        return [&server](const Request& request) { return ask_server(server, request); };
    };
    return run_clients(text, workload, connect, done);
}

}  // namespace inference
