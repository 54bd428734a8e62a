// SPDX-License-Identifier: MIT
// Endpoint: scraped over HTTP by many, while locks are used and while it goes away; and what it
// says when it cannot listen.
#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "parking_lot/metered.hpp"
#include "parking_lot/prometheus_endpoint.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

/// By default with the patience for a slow machine and 200 at once.
httplib::Result scrape(int port, std::chrono::seconds patience = 120s) {
    httplib::Client client{"127.0.0.1", port};
    client.set_read_timeout(patience);
    return client.Get("/metrics");
}

/// Fails unless it is the whole text: the last family, and the end of its last line.
void expect_complete(const std::string& text) {
    EXPECT_NE(text.find("\nparking_lot_lock_acquisitions_total{"), std::string::npos);
    EXPECT_NE(text.find("\nparking_lot_lock_wait_seconds_bucket{"), std::string::npos);
    EXPECT_EQ(text.back(), '\n');
}

TEST(PrometheusEndpoint, ServesTheMetrics) {
    metered::Mutex<int> number{"served", 0};
    for (int i = 0; i < 17; ++i) number.with_lock([](int& value) { ++value; });
    const prometheus::Endpoint endpoint{"127.0.0.1:0", "app"};
    const auto response = scrape(endpoint.port());
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_NE(
        response->body.find(R"(app_lock_acquisitions_total{lock="served",mode="exclusive"} 17)"
                            "\n"),
        std::string::npos);
}

TEST(PrometheusEndpoint, ServesOtherMetricsToo) {
    const prometheus::Endpoint endpoint{"127.0.0.1:0"};
    const auto other = prometheus::collector("other");
    metered::Mutex<int> number{"served twice", 0};
    endpoint.exposer().RegisterCollectable(other);
    const auto response = scrape(endpoint.port());
    ASSERT_TRUE(response);
    EXPECT_NE(response->body.find("\nparking_lot_locks{"), std::string::npos);
    EXPECT_NE(response->body.find("\nother_locks{"), std::string::npos);
}

/// Uses a lock, and makes and destroys others, until `done`.
void use_locks(metered::Mutex<int>& lock, const std::atomic<bool>& done) {
    while (!done) {
        metered::Mutex<int> dying{"dying", 0};
        const auto outer = dying.lock();
        lock.with_lock([](int& value) { ++value; });
    }
}

TEST(PrometheusEndpoint, SurvivesParallelScrapesUnderLoad) {
    constexpr std::size_t kScrapes = 200;
    metered::Mutex<int> lock{"busy", 0};
    const prometheus::Endpoint endpoint{"127.0.0.1:0"};
    std::atomic<bool> done{false};
    test::Threads users;
    for (int i = 0; i < 2; ++i) users.start([&]() { use_locks(lock, done); });
    std::atomic<std::size_t> served{0};
    test::run_together(kScrapes, [&](std::size_t) {
        const auto response = scrape(endpoint.port());
        ASSERT_TRUE(response) << httplib::to_string(response.error());
        EXPECT_EQ(response->status, 200);
        expect_complete(response->body);
        ++served;
    });
    done = true;
    EXPECT_EQ(served, kScrapes);
}

TEST(PrometheusEndpoint, ShutsDownWhileItIsScraped) {
    metered::Mutex<int> lock{"busy", 0};
    std::atomic<bool> done{false};
    std::atomic<int> port{0};
    std::atomic<std::size_t> served{0};
    test::Threads threads;
    threads.start([&]() { use_locks(lock, done); });
    for (int i = 0; i < 4; ++i) {
        threads.start([&]() {
            while (!done) {
                // No answer is fine, and so is "not found" in the very last moment; half of one is
                // not. The server forgets connections that still wait for a thread of it.
                const auto response = scrape(port, 1s);
                if (!response || response->status == 404) continue;
                EXPECT_EQ(response->status, 200);
                expect_complete(response->body);
                ++served;
            }
        });
    }
    for (int round = 0; round < 2; ++round) {
        const prometheus::Endpoint endpoint{"127.0.0.1:0"};
        port = endpoint.port();
        const std::size_t before = served;
        test::wait_until([&]() { return served >= before + 10; });
    }
    done = true;
}

/// What is said of an address that cannot be listened at.
std::string refusal(const std::string& address) {
    try {
        const prometheus::Endpoint endpoint{address};
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

TEST(PrometheusEndpoint, SaysThatAPortIsInUse) {
    const prometheus::Endpoint first{"127.0.0.1:0"};
    const std::string address = "127.0.0.1:" + std::to_string(first.port());
    EXPECT_EQ(refusal(address), "parking_lot::prometheus: cannot serve metrics at \"" + address +
                                    "\": Address already in use");
}

TEST(PrometheusEndpoint, SaysThatAnAddressIsNotOfThisMachine) {
    EXPECT_EQ(refusal("192.0.2.1:9464"),  // reserved for documentation
              "parking_lot::prometheus: cannot serve metrics at \"192.0.2.1:9464\": "
              "Cannot assign requested address");
}

TEST(PrometheusEndpoint, SaysThatAnAddressIsNone) {
    for (const std::string address : {"", "nonsense", "127.0.0.1", "127.0.0.1:99999"}) {
        EXPECT_EQ(refusal(address), "parking_lot::prometheus: cannot serve metrics at \"" +
                                        address +
                                        "\": it is not an address and a port, like 127.0.0.1:9464");
    }
}

TEST(PrometheusEndpoint, RefusesAPrefixThatMakesNoName) {
    EXPECT_THROW((prometheus::Endpoint{"127.0.0.1:0", "a-b"}), std::invalid_argument);
}

}  // namespace
}  // namespace parking_lot
