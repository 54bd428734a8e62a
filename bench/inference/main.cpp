// SPDX-License-Identifier: MIT
// inference: runs a workload in this process, serves HTTP, or loads another server.
#include <cstdio>
#include <exception>
#include <iostream>

#include "inference/options.hpp"
#include "inference/progress.hpp"
#include "inference/result_json.hpp"
#include "inference/server.hpp"
#include "inference/workload.hpp"

#if INFERENCE_HAVE_HTTP
#include "inference/http_load.hpp"
#include "inference/http_server.hpp"
#endif

namespace inference {
namespace {

constexpr int kFailed = 1;

void print_result(const RunResult& result, const Options& options) {
    std::printf("%zu clients, %zu requests each: %zu completed, %zu not\n",
                options.workload.clients, options.workload.requests, result.completed,
                result.not_completed);
    std::printf("throughput  %.0f words/s (%zu words in %.2f s)\n",
                static_cast<double>(result.words) / result.seconds, result.words, result.seconds);
    std::printf("latency     mean %.2f ms, p50 %.2f, p99 %.2f, longest %.2f\n",
                result.mean_latency() * 1e3, result.latency(0.5) * 1e3, result.latency(0.99) * 1e3,
                result.latency(1) * 1e3);
    std::printf("texts       %016llx\n", static_cast<unsigned long long>(result.hash));
}

/// Returns the exit status.
int report(const RunResult& result, const Usage& usage, const Options& options) {
    const int status = result.not_completed == 0 ? 0 : kFailed;
    if (!result.failure.empty()) {
        std::fprintf(stderr, "inference: a request failed: %s\n", result.failure.c_str());
    }
    if (!options.json) {
        print_result(result, options);
        return status;
    }
    Json json = to_json(result);
    json["locks"] = kLocks;
    json["clients"] = options.workload.clients;
    json["workers"] = options.server.workers;
    json["cpu_us_per_word"] = usage.cpu_seconds * 1e6 / static_cast<double>(result.words);
    json["switches_per_word"] = usage.switches / static_cast<double>(result.words);
    json["waits"] = waits_to_json();
    std::cout << json.dump(1) << '\n';
    return status;
}

int run(const Options& options) {
    const Text text = read_text(options.text);
    Server server{text, options.server};
    const Usage before = Usage::so_far();
    RunResult result;
    {
        Progress progress{options.workload.clients * options.workload.requests};
        result = run_workload(server, text, options.workload, progress.done());
    }
    const int status = report(result, Usage::so_far() - before, options);
    if (!options.json) {
        const PrefixCache::Statistics prefixes = server.kv_cache().prefix_statistics();
        std::printf("locks       %s; prefix cache: %llu hits, %llu misses\n", kLocks.data(),
                    static_cast<unsigned long long>(prefixes.hits),
                    static_cast<unsigned long long>(prefixes.misses));
#if INFERENCE_METERED
        std::cout << '\n';
        parking_lot::metrics::print_top(std::cout);
#endif
    }
    return status;
}

int run_seed_benchmark() {
    std::cout << to_json(seed_benchmark(std::chrono::milliseconds{200})).dump(1) << '\n';
    return 0;
}

#if INFERENCE_HAVE_HTTP

int serve(const Options& options) {
    Interrupt interrupt;  // before the first thread
    const Text text = read_text(options.text);
    Server server{text, options.server};
    const HttpServer http{server, options.host, options.port};
    std::printf("serving http://%s:%d/v1/responses and /metrics over %s locks; Ctrl-C ends it\n",
                options.host.c_str(), http.port(), kLocks.data());
    std::fflush(stdout);
    interrupt.wait();
    return 0;
}

int load(const Options& options) {
    const Text text = read_text(options.text);
    const Usage before = Usage::so_far();
    RunResult result;
    {
        Progress progress{options.workload.clients * options.workload.requests};
        result = run_http_load(options.url, text, options.workload, progress.done());
    }
    return report(result, Usage::so_far() - before, options);
}

#else

int serve(const Options&) {
    std::fputs("inference: this build has no HTTP; install libcpp-httplib-dev and build again.\n",
               stderr);
    return kFailed;
}

int load(const Options& options) { return serve(options); }

#endif

int run_mode(const Options& options) {
    switch (options.mode) {
        case Mode::Run:
            return run(options);
        case Mode::Serve:
            return serve(options);
        case Mode::Load:
            return load(options);
        case Mode::SeedBenchmark:
            return run_seed_benchmark();
        case Mode::Help:
            print_usage(stdout);
            return 0;
    }
    return kFailed;
}

}  // namespace
}  // namespace inference

int main(int argc, char** argv) {
    const inference::Options options = inference::parse_options(argc, argv);
    try {
        return inference::run_mode(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "inference: %s\n", error.what());
        return inference::kFailed;
    }
}
