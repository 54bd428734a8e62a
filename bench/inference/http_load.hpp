// SPDX-License-Identifier: MIT
// The load generator: the workload's clients, over HTTP.
#pragma once

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

#include "inference/http_api.hpp"
#include "inference/workload.hpp"

namespace inference {

/// The JSON of each server-sent event.
inline std::vector<Json> events_of(const std::string& body) {
    constexpr std::string_view kData = "data: ";
    std::vector<Json> events;
    std::istringstream lines{body};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kData)) events.push_back(Json::parse(line.substr(kData.size())));
    }
    return events;
}

/// What is in the body of an answer. Throws when the words of the stream are not those of the
/// whole.
inline Answer answer_from_body(const std::string& body, bool is_streamed) {
    Json whole;
    if (is_streamed) {
        std::vector<std::string> words;
        for (const Json& event : events_of(body)) {
            if (event.at("type") == "response.output_text.delta")
                words.push_back(event.at("delta"));
            if (event.at("type") == "response.completed") whole = event.at("response");
        }
        if (whole.at("output_text") != joined(words)) {
            throw std::runtime_error("the streamed words are not those of the response.");
        }
    } else {
        whole = Json::parse(body);
    }
    Answer answer;
    if (whole.at("status") == "completed") answer.status = Status::Completed;
    answer.id = id_from_string(whole.at("id").get<std::string>());
    answer.text = whole.at("output_text");
    answer.words = whole.at("usage").at("output_tokens");
    return answer;
}

/// One client, with a connection of its own.
class HttpClient {
  public:
    /// Throws when no server answers.
    explicit HttpClient(const std::string& url) : client_{std::make_unique<httplib::Client>(url)} {
        client_->set_keep_alive(true);
        client_->set_tcp_nodelay(true);
        client_->set_read_timeout(std::chrono::minutes{2});
        if (client_->is_valid() && client_->Get("/v1/models")) return;
        throw std::runtime_error("no server answers at '" + url +
                                 "'; start one by --serve, and write its address as "
                                 "http://127.0.0.1:8080.");
    }

    Answer operator()(const Request& request) const {
        const auto result =
            client_->Post("/v1/responses", to_json(request).dump(), "application/json");
        if (!result || result->status != 200) return {};
        return answer_from_body(result->body, request.stream);
    }

  private:
    std::unique_ptr<httplib::Client> client_;
};

inline RunResult run_http_load(const std::string& url, const Text& text, const Workload& workload,
                               std::atomic<std::size_t>& done) {
    return run_clients(text, workload, [&url]() { return HttpClient{url}; }, done);
}

}  // namespace inference
