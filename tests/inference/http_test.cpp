// SPDX-License-Identifier: MIT
// The server over HTTP, on a free port of this machine.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "inference/http_load.hpp"
#include "inference/http_server.hpp"
#include "inference/sample.hpp"

namespace inference::test {
namespace {

constexpr const char* kPath = "/v1/responses";
constexpr const char* kJson = "application/json";

/// A port of this machine that nobody else gets, and at which nobody listens.
class TakenPort {
  public:
    TakenPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        socklen_t size = sizeof address;
        EXPECT_EQ(bind(socket_, generic, size), 0);
        EXPECT_EQ(getsockname(socket_, generic, &size), 0);
        number_ = ntohs(address.sin_port);
    }
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    ~TakenPort() { close(socket_); }

    [[nodiscard]] unsigned number() const { return number_; }

  private:
    const int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    unsigned number_ = 0;
};

ServerOptions options() {
    ServerOptions options;
    options.workers = 2;
    options.max_words = 100'000;
    options.kv_blocks = 7'000;
    return options;
}

class Http : public testing::Test {
  protected:
    Json post(const std::string& body, int status) {
        const auto result = client_.Post(kPath, body, kJson);
        EXPECT_TRUE(result);
        if (!result) return {};
        EXPECT_EQ(result->status, status);
        return Json::parse(result->body);
    }

    std::string sentence_for(const std::string& body) {
        return post(body, 400)["error"]["message"];
    }

    Server server_{sample_text(), options()};
    HttpServer http_{server_, "127.0.0.1", 0};
    const std::string url_ = "http://127.0.0.1:" + std::to_string(http_.port());
    httplib::Client client_{url_};
};

TEST_F(Http, answers_a_request) {
    const Request request = sample_request(4);
    const Json answer = post(to_json(request).dump(), 200);
    EXPECT_EQ(answer["status"], "completed");
    EXPECT_EQ(answer["output_text"], ask_server(server_, request).text);
    EXPECT_EQ(answer["usage"]["output_tokens"], 20);
}

TEST_F(Http, streams_the_words_in_order_and_then_the_whole) {
    Request request = sample_request(4);
    const std::string whole = ask_server(server_, request).text;
    request.stream = true;
    const auto result = client_.Post(kPath, to_json(request).dump(), kJson);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->get_header_value("Content-Type"), "text/event-stream");
    const std::vector<Json> events = events_of(result->body);
    ASSERT_EQ(events.size(), request.max_words + 1);
    std::vector<std::string> words;
    for (std::size_t i = 0; i < request.max_words; ++i) words.push_back(events[i].at("delta"));
    EXPECT_EQ(joined(words), whole);
    EXPECT_EQ(events.back().at("response").at("output_text"), whole);
}

TEST_F(Http, the_load_generator_gets_the_texts_that_the_server_gives_directly) {
    Workload workload;
    workload.clients = 6;
    workload.requests = 3;
    std::atomic<std::size_t> done{0};
    const RunResult over_http = run_http_load(url_, sample_text(), workload, done);
    EXPECT_EQ(over_http.not_completed, 0);
    EXPECT_EQ(over_http.hash, run_workload(server_, sample_text(), workload, done).hash);
    EXPECT_EQ(done, 2 * 6 * 3);
}

TEST_F(Http, a_client_that_leaves_cancels_its_request) {
    for (const bool stream : {true, false}) {
        Request request = sample_request(1, 100'000);
        request.stream = stream;
        std::thread leaves{[&] {
            httplib::Client client{url_};
            client.set_read_timeout(std::chrono::milliseconds{50});
            std::size_t received = 0;
            httplib::Request post;
            post.method = "POST";
            post.path = kPath;
            post.body = to_json(request).dump();
            post.content_receiver = [&](const char*, std::size_t size, auto, auto) {
                return (received += size) < 1000;
            };
            EXPECT_FALSE(client.send(post));
        }};
        leaves.join();
        while (server_.scheduler().active_count() > 0) std::this_thread::yield();
    }
    EXPECT_EQ(server_.responses().consistent_size(), 0);  // neither came to its end
}

TEST_F(Http, a_request_whose_time_is_up_is_incomplete) {
    const Json answer =
        post(R"({"input": "the lock", "max_output_tokens": 100000, "timeout_ms": 5})", 200);
    EXPECT_EQ(answer["status"], "incomplete");
    EXPECT_EQ(answer["incomplete_details"]["reason"], "timeout");
}

TEST_F(Http, goes_on_with_a_conversation) {
    const Json first = post(to_json(sample_request(1)).dump(), 200);
    Request next = sample_request(2);
    next.previous = id_from_string(first["id"].get<std::string>());
    const Json second = post(to_json(next).dump(), 200);
    EXPECT_EQ(second["usage"]["input_tokens"], 12 + 20 + 12);
}

TEST_F(Http, a_response_can_be_fetched_and_deleted) {
    const Json answer = post(to_json(sample_request(1)).dump(), 200);
    const std::string path = std::string{kPath} + "/" + answer["id"].get<std::string>();
    EXPECT_EQ(Json::parse(client_.Get(path)->body)["output_text"], answer["output_text"]);
    EXPECT_EQ(client_.Delete(path)->status, 200);
    EXPECT_EQ(client_.Get(path)->status, 404);
    EXPECT_EQ(client_.Delete(path)->status, 404);
}

TEST_F(Http, says_plainly_what_is_wrong) {
    EXPECT_EQ(sentence_for("{"), "the body is not JSON.");
    EXPECT_EQ(sentence_for("[]"), "the body must be a JSON object.");
    EXPECT_EQ(sentence_for("{}"), "'input' is missing.");
    EXPECT_EQ(sentence_for(R"({"input": 3})"), "'input' must be a string.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "top_p": 1})"), "there is no field 'top_p'.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "max_output_tokens": -1})"),
              "'max_output_tokens' must be a whole number.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "stream": "yes"})"),
              "'stream' must be true or false.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "temperature": "hot"})"),
              "'temperature' must be a number.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "timeout_ms": 0})"),
              "'timeout_ms' may be 1 to 3600000.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "previous_response_id": "7"})"),
              "'7' is not the id of a response.");
    EXPECT_EQ(sentence_for(R"({"input": "a", "model": "gigantic"})"),
              "there is no model 'gigantic'.");
    EXPECT_EQ(client_.Get("/v1/responses/none")->status, 400);
    EXPECT_EQ(client_.Get("/elsewhere")->status, 404);
}

TEST_F(Http, names_its_models) {
    EXPECT_EQ(Json::parse(client_.Get("/v1/models")->body)["data"], (Json{"bigram", "trigram"}));
}

#if INFERENCE_HAVE_PROMETHEUS
TEST_F(Http, metrics_count_the_requests) {
    post(to_json(sample_request(1)).dump(), 200);
    post(to_json(sample_request(2)).dump(), 200);
    // The second connection sees what the first has ended, which comes after the last byte.
    std::string metrics;
    const std::string wanted = "inference_request_seconds_count{status=\"completed\"} 2";
    do {
        metrics = client_.Get("/metrics")->body;
    } while (metrics.find(wanted) == std::string::npos);
    EXPECT_NE(metrics.find("# TYPE inference_words_total counter\ninference_words_total 40\n"),
              std::string::npos);
#if INFERENCE_METERED
    EXPECT_NE(metrics.find("parking_lot_lock_acquisitions_total{lock=\"sampling_state\""),
              std::string::npos);
#endif
}
#endif

TEST_F(Http, refuses_a_port_that_is_taken) {
    EXPECT_THROW((HttpServer{server_, "127.0.0.1", static_cast<unsigned>(http_.port())}),
                 std::runtime_error);
}

TEST(HttpLoad, says_plainly_that_no_server_answers) {
    const TakenPort port;
    EXPECT_THROW(HttpClient{"http://127.0.0.1:" + std::to_string(port.number())},
                 std::runtime_error);
}

}  // namespace
}  // namespace inference::test
