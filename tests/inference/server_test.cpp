// SPDX-License-Identifier: MIT
// The whole server: what it says does not depend on who computes it; it ends what is to be ended;
// it leaves nothing behind.
#include "inference/server.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <stdexcept>
#include <system_error>

#include "inference/sample.hpp"
#include "inference/workload.hpp"
#include "support/emulated.hpp"
#include "support/sanitizers.hpp"
#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace inference::test {
namespace {

ServerOptions with_workers(std::size_t workers) {
    ServerOptions options;
    options.workers = workers;
    return options;
}

/// A request that does not end by itself within the test.
Request endless() {
    Request request = sample_request(1, 100'000);
    request.stream = true;
    return request;
}

ServerOptions for_endless() {
    ServerOptions options = with_workers(2);
    options.max_words = 100'000;
    options.kv_blocks = 7'000;
    return options;
}

#if defined(__linux__)
/// While it lives, the process can have so many bytes of addresses more than it had.
class MemoryLimit {
  public:
    explicit MemoryLimit(rlim_t more) {
        EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
        rlim_t pages = 0;
        std::ifstream{"/proc/self/statm"} >> pages;
        const rlimit limit{pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + more,
                           before_.rlim_max};
        EXPECT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;
    ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }

  private:
    rlimit before_{};
};
#endif

RunResult run(const ServerOptions& options, std::size_t clients, std::size_t requests) {
    Server server{sample_text(), options};
    Workload workload;
    workload.clients = clients;
    workload.requests = requests;
    workload.timeout = std::chrono::minutes{5};
    std::atomic<std::size_t> done{0};
    RunResult result = run_workload(server, sample_text(), workload, done);
    EXPECT_EQ(result.not_completed, 0);
    EXPECT_EQ(server.words_made(), result.words);
    EXPECT_EQ(done, clients * requests);
    server.stop();
    server.kv_cache().forget_prefixes();
    EXPECT_EQ(server.kv_cache().free_blocks(), server.kv_cache().blocks());
    EXPECT_EQ(server.scheduler().active_count(), 0);
    EXPECT_EQ(server.responses().consistent_size(), clients * requests);
    return result;
}

std::string sentence_of(Server& server, const Request& request) {
    try {
        (void)server.submit(request);
    } catch (const BadRequest& error) {
        return error.what();
    }
    return "";
}

TEST(Server, says_the_same_whatever_the_number_of_workers) {
    const std::uint64_t alone = run(with_workers(1), 8, 4).hash;
    EXPECT_EQ(run(with_workers(3), 8, 4).hash, alone);
    EXPECT_EQ(run(with_workers(16), 8, 4).hash, alone);
}

TEST(Server, says_the_same_whatever_runs_beside_it) {
    ServerOptions one_at_a_time = with_workers(4);
    one_at_a_time.running = 1;
    ServerOptions large_batches = with_workers(4);
    large_batches.batch = 64;
    const std::uint64_t usual = run(with_workers(4), 10, 3).hash;
    EXPECT_EQ(run(one_at_a_time, 10, 3).hash, usual);
    EXPECT_EQ(run(large_batches, 10, 3).hash, usual);
}

TEST(Server, says_the_same_when_the_cache_is_nearly_too_small) {
    ServerOptions tight = with_workers(4);
    tight.kv_blocks = 24;  // room for two or three sequences
    EXPECT_EQ(run(tight, 10, 3).hash, run(with_workers(4), 10, 3).hash);
}

TEST(Server, says_something_else_with_another_seed) {
    ServerOptions other = with_workers(2);
    other.seed = 2;
    EXPECT_NE(run(other, 2, 2).hash, run(with_workers(2), 2, 2).hash);
}

TEST(Server, streams_the_words_of_the_answer_in_order) {
    Server server{sample_text(), with_workers(4)};
    Request request = sample_request(3);
    const std::string whole = ask_server(server, request).text;
    request.stream = true;
    const JobPointer job = server.submit(request);
    std::vector<std::string> words;
    while (auto word = job->stream.word(words.size())) words.push_back(*word);
    EXPECT_EQ(joined(words), whole);
    EXPECT_EQ(words.size(), request.max_words);
    EXPECT_EQ(server.responses().chunks(job->id), words);
}

TEST(Server, goes_on_with_a_conversation) {
    Server server{sample_text(), with_workers(2)};
    const Answer first = ask_server(server, sample_request(1));
    Request next = sample_request(2);
    next.previous = first.id;
    const Answer second = ask_server(server, next);
    const ResponseCache::History expected{sample_request(1).prompt, first.text, next.prompt,
                                          second.text};
    EXPECT_EQ(server.responses().history(second.id), expected);
}

TEST(Server, an_adapter_changes_what_is_said) {
    Server server{sample_text(), with_workers(1)};
    Request request = sample_request(1, 200);
    request.adapter = "brief";
    const std::string brief = ask_server(server, request).text;
    request.adapter = "learned";
    const std::string learned = ask_server(server, request).text;
    EXPECT_LT(brief.size(), learned.size());
}

TEST(Server, a_cancelled_request_ends) {
    Server server{sample_text(), for_endless()};
    const JobPointer job = server.submit(endless());
    ASSERT_TRUE(job->stream.word(3));
    EXPECT_TRUE(server.cancel(job->id));
    EXPECT_EQ(job->stream.wait(), Status::Cancelled);
    EXPECT_FALSE(server.cancel(job->id));
    EXPECT_FALSE(server.responses().response(job->id));
}

TEST(Server, a_request_ends_when_its_time_is_up) {
    Server server{sample_text(), for_endless()};
    Request request = endless();
    request.timeout = std::chrono::milliseconds{5};
    EXPECT_EQ(server.submit(request)->stream.wait(), Status::TimedOut);
}

TEST(Server, a_request_that_still_waits_can_be_cancelled_and_can_time_out) {
    ServerOptions options = for_endless();
    options.running = 1;
    Server server{sample_text(), options};
    const JobPointer running = server.submit(endless());
    ASSERT_TRUE(running->stream.word(0));
    Request impatient = sample_request(2);
    impatient.timeout = std::chrono::milliseconds{5};
    const JobPointer cancelled = server.submit(sample_request(3));
    cancelled->cancel();
    EXPECT_EQ(server.submit(impatient)->stream.wait(), Status::TimedOut);
    EXPECT_EQ(cancelled->stream.wait(), Status::Cancelled);
    EXPECT_FALSE(running->stream.end());
    running->cancel();
    running->stream.wait();
}

TEST(Server, stopping_ends_whatever_runs_or_waits) {
    ServerOptions options = for_endless();
    options.running = 1;
    Server server{sample_text(), options};
    const JobPointer running = server.submit(endless());
    const JobPointer waiting = server.submit(endless());
    server.stop();
    EXPECT_EQ(running->stream.wait(), Status::Cancelled);
    EXPECT_EQ(waiting->stream.wait(), Status::Cancelled);
    server.kv_cache().forget_prefixes();
    EXPECT_EQ(server.kv_cache().free_blocks(), server.kv_cache().blocks());
}

TEST(Server, a_request_that_throws_is_not_completed) {
    Workload workload;
    workload.clients = 2;
    workload.requests = 3;
    std::atomic<std::size_t> done{0};
    const auto connect = []() {
        return [](const Request&) -> Answer { throw std::runtime_error("no answer."); };
    };
    const RunResult result = run_clients(sample_text(), workload, connect, done);
    EXPECT_EQ(result.not_completed, 6);
    EXPECT_EQ(result.completed, 0);
    EXPECT_EQ(result.failure, "no answer.");
    EXPECT_EQ(done, 6);
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(PARKING_LOT_TEST_ASAN) && \
    !defined(__SANITIZE_THREAD__) &&                                                           \
    !defined(PARKING_LOT_TEST_TSAN)  // sanitizers need much memory
TEST(Server, says_so_when_it_cannot_start_all_of_its_workers) {
    if (parking_lot::test::is_emulated()) GTEST_SKIP() << "QEMU ignores a limit of memory";
    const MemoryLimit limit{200 << 20};
    EXPECT_THROW(Server(sample_text(), with_workers(2000)), std::system_error);
}
#endif

TEST(Server, says_plainly_what_is_wrong_with_a_request) {
    ServerOptions options = with_workers(1);
    options.kv_blocks = 4;
    Server server{sample_text(), options};
    Request request = sample_request(1);
    request.model = "gigantic";
    EXPECT_EQ(sentence_of(server, request), "there is no model 'gigantic'.");
    request = sample_request(1);
    request.adapter = "funny";
    EXPECT_EQ(sentence_of(server, request), "there is no adapter 'funny'.");
    request = sample_request(1);
    request.prompt = "  ";
    EXPECT_EQ(sentence_of(server, request), "the input has no words.");
    request = sample_request(1);
    request.previous = 12;
    EXPECT_EQ(sentence_of(server, request), "there is no response 12.");
    EXPECT_EQ(sentence_of(server, sample_request(1, 0)),
              "the answer may have 1 to 1024 words, not 0.");
    EXPECT_EQ(sentence_of(server, sample_request(1, 100)),
              "prompt and answer of 112 words do not fit into the cache of 64.");
    request = sample_request(1);
    request.temperature = 0;
    EXPECT_EQ(sentence_of(server, request), "the temperature may be 0.1 to 10.");
}

}  // namespace
}  // namespace inference::test
