// SPDX-License-Identifier: MIT
// Server: the whole of it. Workers turn requests into words.
//
// Locks: those of its parts; none is held while a part of another kind is called, but for the
// orders that response_cache.hpp and prefix_cache.hpp state.
#pragma once

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inference/decoder.hpp"
#include "inference/job.hpp"
#include "inference/kv_cache.hpp"
#include "inference/model_router.hpp"
#include "inference/response_cache.hpp"
#include "inference/sampler.hpp"
#include "inference/scheduler.hpp"
#include "inference/text.hpp"

namespace inference {

/// A request that makes no sense. what() is a plain sentence for the client.
struct BadRequest : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

struct ServerOptions {
    std::size_t workers = 8;
    std::size_t running = 64;      // sequences in progress
    std::size_t batch = 4;         // sequences a worker takes at a time, and new ones on top
    std::size_t kv_blocks = 2048;  // of 16 words
    std::size_t max_prompt = 256;  // words; of longer ones the end is used
    std::size_t max_words = 1024;  // of one answer
    std::size_t responses = 4096;  // that are remembered
    std::uint64_t seed = 1;
};

class Server {
  public:
    explicit Server(const Text& text, ServerOptions options = {})
        : text_{text},
          options_{options},
          sampler_{options.seed},
          kv_cache_{options.kv_blocks},
          adapters_{text},
          responses_{options.responses},
          scheduler_{options.running, options.batch} {
        router_.add("trigram", std::make_shared<const LanguageModel>(text, 3));
        router_.add("bigram", std::make_shared<const LanguageModel>(text, 2));
        try {
            for (std::size_t i = 0; i < options.workers; ++i) {
                workers_.emplace_back([this]() { work(); });
            }
        } catch (...) {  // no room for another thread: those that started must end first
            stop();
            throw;
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() { stop(); }

    /// Cancels what is in progress and ends the workers. No request may come afterwards.
    void stop() {
        scheduler_.stop();
        for (std::thread& worker : workers_) worker.join();
        workers_.clear();
        for (const JobPointer& job : scheduler_.active()) end(*job, Status::Cancelled);
    }

    /// Takes a request in. Throws BadRequest.
    JobPointer submit(Request request) {
        check(request);
        // relaxed: only has to be different each time
        const ResponseId id = last_id_.fetch_add(1, std::memory_order_relaxed) + 1;
        auto job = std::make_shared<Job>(id, std::move(request));
        job->model = router_.find(job->request.model);
        if (!job->model) throw BadRequest("there is no model '" + job->request.model + "'.");
        if (!job->request.adapter.empty()) job->adapter = adapter(job->request.adapter);
        if (job->request.previous) job->history = history(*job->request.previous);
        job->history.push_back(job->request.prompt);
        job->prompt = prompt_of(job->history);
        const std::size_t size = job->prompt.size() + job->request.max_words;
        if (size > kv_cache_.capacity()) {
            throw BadRequest("prompt and answer of " + std::to_string(size) +
                             " words do not fit into the cache of " +
                             std::to_string(kv_cache_.capacity()) + ".");
        }
        scheduler_.submit(job);
        return job;
    }

    /// Ends a request before its time. Whether it was still in progress.
    bool cancel(ResponseId id) {
        const JobPointer job = scheduler_.find(id);
        if (job) job->cancel();
        return job != nullptr;
    }

    [[nodiscard]] ModelRouter& router() { return router_; }
    [[nodiscard]] ResponseCache& responses() { return responses_; }
    [[nodiscard]] KvCache& kv_cache() { return kv_cache_; }
    [[nodiscard]] const Scheduler& scheduler() const { return scheduler_; }
    [[nodiscard]] std::uint64_t words_made() const { return sampler_.draws(); }

  private:
    void check(const Request& request) const {
        if (request.max_words < 1 || request.max_words > options_.max_words) {
            throw BadRequest("the answer may have 1 to " + std::to_string(options_.max_words) +
                             " words, not " + std::to_string(request.max_words) + ".");
        }
        if (!(request.temperature >= 0.1 && request.temperature <= 10)) {
            throw BadRequest("the temperature may be 0.1 to 10.");
        }
    }

    AdapterManager::AdapterPointer adapter(const std::string& name) {
        auto found = adapters_.find(name);
        if (!found) throw BadRequest("there is no adapter '" + name + "'.");
        return found;
    }

    ResponseCache::History history(ResponseId previous) const {
        auto found = responses_.history(previous);
        if (!found) throw BadRequest("there is no response " + std::to_string(previous) + ".");
        return std::move(*found);
    }

    std::vector<Token> prompt_of(const ResponseCache::History& history) const {
        std::vector<Token> prompt;
        for (const std::string& part : history) {
            const std::vector<Token> words = text_.tokens_of(part);
            prompt.insert(prompt.end(), words.begin(), words.end());
        }
        if (prompt.empty()) throw BadRequest("the input has no words.");
        if (prompt.size() > options_.max_prompt) {
            const auto extra = static_cast<std::ptrdiff_t>(prompt.size() - options_.max_prompt);
            prompt.erase(prompt.begin(), prompt.begin() + extra);
        }
        return prompt;
    }

    void work() {
        Decoder decoder;
        std::vector<Step> steps;
        for (;;) {
            const Scheduler::Batch batch = scheduler_.next_batch();
            if (batch.empty()) return;
            steps.clear();
            for (const JobPointer& job : batch) steps.push_back(step(*job, decoder));
            scheduler_.end_step(batch, steps);
        }
    }

    Step step(Job& job, Decoder& decoder) {
        if (job.is_overdue(std::chrono::steady_clock::now())) {
            const bool cancelled = job.cancelled.load(std::memory_order_relaxed);
            return end(job, cancelled ? Status::Cancelled : Status::TimedOut);
        }
        if (!job.sequence) {
            const std::uint64_t model = job.model->number();
            auto room = kv_cache_.admit(model, job.prompt, job.request.max_words);
            if (!room) return Step::NoRoom;
            job.sequence.emplace(std::move(*room));
            decoder.prefill(job);
            kv_cache_.keep(model, job.prompt, *job.sequence);
        }
        const double fraction = sampler_.draw(job.request.seed, job.made);
        const Token word = decoder.decode(job, fraction);
        decoder.append(job, word);
        job.stream.push(text_.spelling(word));
        return job.made < job.request.max_words ? Step::GoesOn : end(job, Status::Completed);
    }

    Step end(Job& job, Status status) {
        job.sequence.reset();
        if (status == Status::Completed) remember(job);
        scheduler_.forget(job.id);
        job.stream.close(status);
        return Step::Ended;
    }

    /// Before the client sees the end, so that it can go on with the conversation at once.
    void remember(Job& job) {
        std::vector<std::string> words = job.stream.words();
        const Response response{job.id, job.request.model, joined(words)};
        job.history.push_back(response.text);
        responses_.store(response, std::move(words), job.history);
    }

    const Text& text_;
    const ServerOptions options_;
    std::atomic<ResponseId> last_id_{0};
    Sampler sampler_;
    KvCache kv_cache_;
    ModelRouter router_;
    AdapterManager adapters_;
    ResponseCache responses_;
    Scheduler scheduler_;
    std::vector<std::thread> workers_;
};

}  // namespace inference
