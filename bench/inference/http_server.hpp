// SPDX-License-Identifier: MIT
// HttpServer: the server over HTTP.
//
//   POST   /v1/responses        a request; with "stream": true its words come as server-sent events
//   GET    /v1/responses/<id>   a finished response that is remembered
//   DELETE /v1/responses/<id>   forgets it, or cancels it
//   GET    /v1/models           the names of the models
//   GET    /metrics             for Prometheus
//
// A request is cancelled when its client has gone, streamed or not: every answer is sent in chunks,
// and between two looks at the stream of words the connection is looked at.
// Locks: none of its own.
#pragma once

#include <httplib.h>
#include <signal.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "inference/http_api.hpp"
#include "inference/server.hpp"

#if INFERENCE_HAVE_PROMETHEUS
#include "inference/http_metrics.hpp"
#endif

namespace inference {

class HttpServer {
  public:
    /// Serves at once, in threads of its own; port 0 means one that is free. Throws
    /// std::runtime_error when it cannot listen there.
    HttpServer(Server& server, const std::string& host, unsigned port) : server_{server} {
        set_up_routes();
        http_.new_task_queue = [] { return new httplib::ThreadPool{kConnections}; };
        http_.set_keep_alive_max_count(kRequestsPerConnection);
        http_.set_payload_max_length(kLargestBody);
        http_.set_tcp_nodelay(true);
        http_.set_socket_options([](socket_t socket) {  // not shared with another server
            const int yes = 1;
            setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        const bool is_bound = port == 0 ? (port_ = http_.bind_to_any_port(host)) > 0
                                        : http_.bind_to_port(host, static_cast<int>(port));
        if (!is_bound) {
            throw std::runtime_error("cannot listen at " + host + ":" + std::to_string(port) +
                                     ": is another program there?");
        }
        if (port != 0) port_ = static_cast<int>(port);
        listener_ = std::thread{[this]() { http_.listen_after_bind(); }};
        while (!http_.is_running()) std::this_thread::yield();
    }
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Cancels the requests that are in progress.
    ~HttpServer() {
        is_stopping_ = true;
        http_.stop();
        listener_.join();
    }

    [[nodiscard]] int port() const { return port_; }

  private:
    using Clock = std::chrono::steady_clock;

    static constexpr std::size_t kConnections = 220;  // 200 clients and some who look at metrics
    static constexpr std::size_t kRequestsPerConnection = 1'000'000;
    static constexpr std::size_t kLargestBody = 1 << 20;
    static constexpr auto kLookAtConnection = std::chrono::milliseconds{20};
    static constexpr std::size_t kNoWord = std::numeric_limits<std::size_t>::max();

    /// A request that is being answered.
    struct Exchange {
        JobPointer job;
        Clock::time_point start;
        std::size_t sent = 0;
    };
    using ExchangePointer = std::shared_ptr<Exchange>;

    void set_up_routes() {
        http_.Post("/v1/responses",
                   [this](const auto& request, auto& response) { answer(request, response); });
        http_.Get(R"(/v1/responses/(\w+))", [this](const auto& request, auto& response) {
            const auto found = server_.responses().response(id_from_string(request.matches.str(1)));
            if (!found) return send_error(response, 404, "there is no such response.");
            send(response, 200, to_json(*found));
        });
        http_.Delete(R"(/v1/responses/(\w+))", [this](const auto& request, auto& response) {
            const ResponseId id = id_from_string(request.matches.str(1));
            const bool is_gone = server_.cancel(id) || server_.responses().remove(id);
            if (!is_gone) return send_error(response, 404, "there is no such response.");
            send(response, 200, {{"id", id_to_string(id)}, {"deleted", true}});
        });
        http_.Get("/v1/models", [this](const auto&, auto& response) {
            send(response, 200, {{"object", "list"}, {"data", server_.router().names()}});
        });
        http_.Get("/metrics", [this](const auto&, auto& response) { send_metrics(response); });
        http_.set_exception_handler([](const auto&, auto& response, std::exception_ptr thrown) {
            try {
                std::rethrow_exception(std::move(thrown));
            } catch (const BadRequest& error) {
                send_error(response, 400, error.what());
            } catch (const std::exception& error) {
                send_error(response, 500, error.what());
            }
        });
    }

    void answer(const httplib::Request& request, httplib::Response& response) {
        const auto start = Clock::now();
        auto exchange = std::make_shared<Exchange>();
        exchange->start = start;
        exchange->job = server_.submit(request_from_json(request.body));
        const bool is_streamed = exchange->job->request.stream;
        response.set_chunked_content_provider(
            is_streamed ? "text/event-stream" : "application/json",
            [this, exchange, is_streamed](std::size_t, httplib::DataSink& sink) {
                return is_streamed ? send_event(*exchange, sink) : send_whole(*exchange, sink);
            },
            [this, exchange](bool) { end(*exchange); });
    }

    /// Waits for a word or the end. False when the client has gone, or the server goes.
    bool wait_for(const Exchange& exchange, std::size_t word, const httplib::DataSink& sink) {
        while (!exchange.job->stream.wait_for(word, kLookAtConnection)) {
            if (is_stopping_ || !sink.is_writable()) return false;
        }
        return true;
    }

    bool send_whole(const Exchange& exchange, httplib::DataSink& sink) {
        if (!wait_for(exchange, kNoWord, sink)) return false;
        const std::string body = to_json(*exchange.job).dump();
        if (!sink.write(body.data(), body.size())) return false;
        sink.done();
        return true;
    }

    /// The next word, or the end.
    bool send_event(Exchange& exchange, httplib::DataSink& sink) {
        if (!wait_for(exchange, exchange.sent, sink)) return false;
        const auto word = exchange.job->stream.word(exchange.sent);
        const std::string text =
            word ? event("response.output_text.delta", {{"delta", *word}})
                 : event("response.completed", {{"response", to_json(*exchange.job)}});
        if (!sink.write(text.data(), text.size())) return false;
        ++exchange.sent;
        if (!word) sink.done();
        return true;
    }

    /// However it came to it.
    void end(const Exchange& exchange) {
        exchange.job->cancel();
        const Status status = exchange.job->stream.wait();
#if INFERENCE_HAVE_PROMETHEUS
        const std::chrono::duration<double> passed = Clock::now() - exchange.start;
        metrics_.request_ended(status, passed.count());
#else
        (void)status;
#endif
    }

    void send_metrics(httplib::Response& response) {
#if INFERENCE_HAVE_PROMETHEUS
        response.set_content(metrics_.text(), "text/plain; version=0.0.4; charset=utf-8");
#else
        send_error(response, 501, "this build has no metrics; it needs prometheus-cpp-dev.");
#endif
    }

    static void send(httplib::Response& response, int status, const Json& body) {
        response.status = status;
        response.set_content(body.dump(), "application/json");
    }

    static void send_error(httplib::Response& response, int status, std::string_view sentence) {
        send(response, status, error_to_json(sentence));
    }

    Server& server_;
#if INFERENCE_HAVE_PROMETHEUS
    HttpMetrics metrics_{server_};
#endif
    std::atomic<bool> is_stopping_{false};
    int port_ = 0;
    httplib::Server http_;
    std::thread listener_;
};

/// Holds SIGINT and SIGTERM back, in this thread and those it starts, to wait for them.
class Interrupt {
  public:
    Interrupt() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }

    void wait() {
        int signal = 0;
        sigwait(&signals_, &signal);
    }

  private:
    sigset_t signals_{};
};

}  // namespace inference
