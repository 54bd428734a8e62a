// SPDX-License-Identifier: MIT
// The JSON of the HTTP interface: requests in, responses and events out. No locks.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "inference/job.hpp"
#include "inference/server.hpp"

namespace inference {

using Json = nlohmann::ordered_json;

inline std::string id_to_string(ResponseId id) { return "resp_" + std::to_string(id); }

/// Throws BadRequest.
inline ResponseId id_from_string(std::string_view text) {
    constexpr std::string_view kPrefix = "resp_";
    ResponseId id = 0;
    const char* const end = text.data() + text.size();
    if (text.starts_with(kPrefix)) {
        const auto [rest, error] = std::from_chars(text.data() + kPrefix.size(), end, id);
        if (error == std::errc{} && rest == end) return id;
    }
    throw BadRequest("'" + std::string{text} + "' is not the id of a response.");
}

namespace detail {

inline std::string string_of(const std::string& field, const Json& value) {
    if (!value.is_string()) throw BadRequest("'" + field + "' must be a string.");
    return value.get<std::string>();
}

inline std::uint64_t whole_number_of(const std::string& field, const Json& value) {
    if (!value.is_number_unsigned()) throw BadRequest("'" + field + "' must be a whole number.");
    return value.get<std::uint64_t>();
}

inline double number_of(const std::string& field, const Json& value) {
    if (!value.is_number()) throw BadRequest("'" + field + "' must be a number.");
    return value.get<double>();
}

inline bool bool_of(const std::string& field, const Json& value) {
    if (!value.is_boolean()) throw BadRequest("'" + field + "' must be true or false.");
    return value.get<bool>();
}

inline std::chrono::milliseconds timeout_of(const std::string& field, const Json& value) {
    constexpr std::uint64_t kLongest = 3'600'000;
    const std::uint64_t wanted = whole_number_of(field, value);
    if (wanted < 1 || wanted > kLongest) throw BadRequest("'" + field + "' may be 1 to 3600000.");
    return std::chrono::milliseconds{wanted};
}

using Setter = void (*)(Request&, const std::string&, const Json&);

/// The fields of a request, and what each sets.
inline const std::map<std::string, Setter>& setters() {
    static const std::map<std::string, Setter> setters{
        {"input", [](Request& r, auto& f, auto& v) { r.prompt = string_of(f, v); }},
        {"model", [](Request& r, auto& f, auto& v) { r.model = string_of(f, v); }},
        {"adapter", [](Request& r, auto& f, auto& v) { r.adapter = string_of(f, v); }},
        {"max_output_tokens",
         [](Request& r, auto& f, auto& v) {
             r.max_words = static_cast<std::size_t>(whole_number_of(f, v));
         }},
        {"temperature", [](Request& r, auto& f, auto& v) { r.temperature = number_of(f, v); }},
        {"seed", [](Request& r, auto& f, auto& v) { r.seed = whole_number_of(f, v); }},
        {"stream", [](Request& r, auto& f, auto& v) { r.stream = bool_of(f, v); }},
        {"timeout_ms", [](Request& r, auto& f, auto& v) { r.timeout = timeout_of(f, v); }},
        {"previous_response_id",
         [](Request& r, auto& f, auto& v) { r.previous = id_from_string(string_of(f, v)); }}};
    return setters;
}

}  // namespace detail

/// Throws BadRequest.
inline Request request_from_json(const std::string& body) {
    const Json json = Json::parse(body, nullptr, false);
    if (json.is_discarded()) throw BadRequest("the body is not JSON.");
    if (!json.is_object()) throw BadRequest("the body must be a JSON object.");
    if (!json.contains("input")) throw BadRequest("'input' is missing.");
    Request request;
    for (const auto& [field, value] : json.items()) {
        const auto setter = detail::setters().find(field);
        if (setter == detail::setters().end()) {
            throw BadRequest("there is no field '" + field + "'.");
        }
        setter->second(request, field, value);
    }
    return request;
}

inline Json to_json(const Request& request) {
    Json json{{"input", request.prompt},
              {"model", request.model},
              {"adapter", request.adapter},
              {"max_output_tokens", request.max_words},
              {"temperature", request.temperature},
              {"seed", request.seed},
              {"stream", request.stream},
              {"timeout_ms", request.timeout.count()}};
    if (request.previous) json["previous_response_id"] = id_to_string(*request.previous);
    return json;
}

inline Json to_json(const Response& response) {
    return {{"id", id_to_string(response.id)},
            {"object", "response"},
            {"status", "completed"},
            {"model", response.model},
            {"output_text", response.text}};
}

/// An ended job. One whose time was up is "incomplete", as in the interface this is modelled on.
inline Json to_json(const Job& job) {
    const Status status = job.stream.end().value_or(Status::Cancelled);
    const std::vector<std::string> words = job.stream.words();
    Json json = to_json(Response{job.id, job.request.model, joined(words)});
    if (status == Status::TimedOut) {
        json["status"] = "incomplete";
        json["incomplete_details"] = {{"reason", "timeout"}};
    } else {
        json["status"] = to_string(status);
    }
    json["usage"] = {{"input_tokens", job.prompt.size()}, {"output_tokens", words.size()}};
    return json;
}

inline Json error_to_json(std::string_view sentence) {
    return {{"error", {{"message", sentence}, {"type", "invalid_request_error"}}}};
}

/// A server-sent event.
inline std::string event(std::string_view type, Json data) {
    data["type"] = type;
    return "event: " + std::string{type} + "\ndata: " + data.dump() + "\n\n";
}

}  // namespace inference
