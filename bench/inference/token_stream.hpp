// SPDX-License-Identifier: MIT
// TokenStream: the words of one answer on their way from the worker that makes them to the client.
//
// Locks: "token_stream", a Mutex around the words, with a Condvar for the client that waits. Of the
// answers that are not streamed only the end is announced.
// Order: taken alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inference/locks.hpp"

namespace inference {

/// How an answer ended.
enum class Status : std::uint8_t { Completed, Cancelled, TimedOut };

constexpr std::string_view to_string(Status status) {
    switch (status) {
        case Status::Completed:
            return "completed";
        case Status::Cancelled:
            return "cancelled";
        case Status::TimedOut:
            return "timed out";
    }
    return "";
}

class TokenStream {
  public:
    /// Announces every word if `live`, or else the end only.
    explicit TokenStream(bool live) : live_{live} {}

    void push(std::string word) {
        state_.lock()->words.push_back(std::move(word));
        if (live_) changed_.notify_one();
    }

    /// Nothing is pushed afterwards.
    void close(Status status) {
        // Notified with the lock held: the client may destroy the stream once it has seen the end.
        const auto state = state_.lock();
        state->end = status;
        changed_.notify_all();
    }

    /// Waits for word `index`. Nothing when the answer ended before it.
    [[nodiscard]] std::optional<std::string> word(std::size_t index) {
        auto state = state_.lock();
        changed_.wait(state, [&] { return state->has(index) || state->end; });
        return state->has(index) ? std::optional{state->words[index]} : std::nullopt;
    }

    /// Waits for word `index` or the end. Returns whether either came within `duration`.
    template <class Duration>
    [[nodiscard]] bool wait_for(std::size_t index, Duration duration) {
        auto state = state_.lock();
        return changed_.wait_for(state, duration, [&] { return state->has(index) || state->end; });
    }

    /// Waits for the end and returns how it came.
    Status wait() {
        auto state = state_.lock();
        changed_.wait(state, [&] { return state->end.has_value(); });
        return *state->end;
    }

    /// How it ended; nothing as long as it goes on.
    [[nodiscard]] std::optional<Status> end() const { return state_.lock()->end; }

    [[nodiscard]] std::vector<std::string> words() const { return state_.lock()->words; }

  private:
    struct State {
        std::vector<std::string> words;
        std::optional<Status> end;

        [[nodiscard]] bool has(std::size_t index) const { return index < words.size(); }
    };

    bool live_;
    Mutex<State> state_{"token_stream"};
    Condvar changed_;
};

/// The words as one text.
inline std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

}  // namespace inference
