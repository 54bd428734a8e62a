// SPDX-License-Identifier: MIT
// Known uses of locks, scraped by a real Prometheus: the queries of the dashboard and the recording
// rules give what was counted.
#include <gtest/gtest.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "parking_lot/metered.hpp"
#include "parking_lot/prometheus_endpoint.hpp"
#include "prometheus/server.hpp"
#include "support/threads.hpp"

namespace parking_lot {
namespace {

using namespace std::chrono_literals;

using LabelSet = std::map<std::string, std::string>;
/// The answer to a query, by labels.
using Answer = std::map<LabelSet, double>;
/// What the answer to a query of the dashboard must be.
using Expectation = std::function<Answer(const metrics::Snapshot&)>;

const std::string kMonitoring = PARKING_LOT_MONITORING;

bool is_installed(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null").c_str()) == 0;
}

/// The row of a lock with one mode.
const metrics::Series& row_of(const metrics::Snapshot& snapshot, const std::string& lock) {
    for (const metrics::Series& series : snapshot)
        if (series.lock == lock) return series;
    throw std::out_of_range{lock};
}

/// One value for each lock: `add` puts one series into it.
template <class Add>
Answer by_lock(const metrics::Snapshot& snapshot, Add&& add) {
    Answer answer;
    for (const metrics::Series& series : snapshot) add(answer[{{"lock", series.lock}}], series);
    return answer;
}

template <class Member>
Answer sum_by_lock(const metrics::Snapshot& snapshot, Member member) {
    return by_lock(snapshot, [&](double& sum, const metrics::Series& series) {
        sum += static_cast<double>(series.*member);
    });
}

template <class Member>
Answer max_by_lock(const metrics::Snapshot& snapshot, Member member) {
    return by_lock(snapshot, [&](double& most, const metrics::Series& series) {
        most = std::max(most, static_cast<double>(series.*member));
    });
}

/// What histogram_quantile is documented to give: it takes the durations in a bucket to be spread
/// evenly, and those above all bounds to be at the last.
double quantile_of(double quantile, const std::vector<std::uint64_t>& counts) {
    const auto bounds = metrics::bucket_bounds();
    const auto all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    const double rank = quantile * static_cast<double>(all);
    double below = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const auto in_bucket = static_cast<double>(counts[i]);
        const double lower = i == 0 ? 0 : bounds[i - 1];
        if (below + in_bucket >= rank && in_bucket > 0)
            return lower + (bounds[i] - lower) * (rank - below) / in_bucket;
        below += in_bucket;
    }
    return bounds.back();
}

Answer p99_by_lock(const metrics::Snapshot& snapshot, metrics::Histogram metrics::Series::* which) {
    std::map<LabelSet, std::vector<std::uint64_t>> counts;
    for (const metrics::Series& series : snapshot) {
        auto& sum = counts[{{"lock", series.lock}}];
        sum.resize(metrics::bucket_bounds().size() + 1);
        for (std::size_t i = 0; i < (series.*which).counts.size(); ++i)
            sum[i] += (series.*which).counts[i];
    }
    Answer answer;
    for (const auto& [lock, sum] : counts)
        if (std::any_of(sum.begin(), sum.end(), [](auto count) { return count > 0; }))
            answer[lock] = quantile_of(0.99, sum);
    return answer;
}

Answer contention_by_lock(const metrics::Snapshot& snapshot) {
    Answer ratio = sum_by_lock(snapshot, &metrics::Series::contended);
    for (const auto& [lock, acquisitions] : sum_by_lock(snapshot, &metrics::Series::acquisitions)) {
        if (acquisitions > 0)
            ratio[lock] /= acquisitions;
        else
            ratio.erase(lock);
    }
    return ratio;
}

Answer wait_by_lock(const metrics::Snapshot& snapshot) {
    return by_lock(snapshot,
                   [](double& sum, const metrics::Series& series) { sum += series.wait.sum; });
}

Answer acquisitions_by_mode(const metrics::Snapshot& snapshot) {
    Answer answer;
    for (const metrics::Series& series : snapshot) {
        answer[{{"lock", series.lock}, {"mode", std::string{to_string(series.mode)}}}] +=
            static_cast<double>(series.acquisitions);
    }
    return answer;
}

/// `answer` as a rate. All counters were first scraped at zero and at the same times, so their
/// rates are their values times one factor.
Expectation rate(double factor, Expectation counted) {
    return [=](const metrics::Snapshot& snapshot) {
        Answer answer = counted(snapshot);
        for (auto& [labels, value] : answer) value *= factor;
        return answer;
    };
}

/// For each query of the dashboard, by the title of its panel and its letter.
std::map<std::string, Expectation> expectations(double rate_factor, double increase_factor) {
    using metrics::Series;
    const auto sum = [](auto member) -> Expectation {
        return [=](const metrics::Snapshot& snapshot) { return sum_by_lock(snapshot, member); };
    };
    const auto most = [](auto member) -> Expectation {
        return [=](const metrics::Snapshot& snapshot) { return max_by_lock(snapshot, member); };
    };
    const auto p99 = [](auto member) -> Expectation {
        return [=](const metrics::Snapshot& snapshot) { return p99_by_lock(snapshot, member); };
    };
    return {
        {"Wait time by lock A", rate(rate_factor, wait_by_lock)},
        {"Top contention points A", rate(increase_factor, wait_by_lock)},
        {"Acquisitions per second A", rate(rate_factor, acquisitions_by_mode)},
        {"Contention ratio A", contention_by_lock},
        {"p99 wait A", p99(&Series::wait)},
        {"Longest wait A", most(&Series::longest_wait)},
        {"Waiters now A", sum(&Series::waiters)},
        {"Given up and handed over A", rate(rate_factor, sum(&Series::timeouts))},
        {"Given up and handed over B", rate(rate_factor, sum(&Series::hand_offs))},
        {"p99 hold A", p99(&Series::hold)},
        {"Locks A", most(&Series::locks)},
    };
}

/// An expression of the dashboard, with values for Grafana's variables.
std::string substituted(std::string expression) {
    for (const auto& [variable, value] :
         std::vector<std::pair<std::string, std::string>>{{"\\$__rate_interval", "5m"},
                                                          {"\\$__range", "5m"},
                                                          {"\\$job", "app"},
                                                          {"\\$lock", "(?s).*"}}) {
        expression = std::regex_replace(expression, std::regex{variable}, value);
    }
    EXPECT_EQ(expression.find('$'), std::string::npos) << "an unknown variable in " << expression;
    return expression;
}

void expect_same(const Answer& wanted, const std::vector<test::Sample>& samples) {
    Answer got;
    for (const auto& [labels, value] : samples)
        if (!std::isnan(value)) got[labels] = value;  // a quantile of nothing
    for (const auto& [labels, value] : wanted) {
        const auto lock = labels.at("lock");
        const auto found = got.find(labels);
        if (found == got.end()) ADD_FAILURE() << "nothing about " << lock;
        // Rates are computed in floating point, and scraped with 16 digits.
        else
            EXPECT_NEAR(found->second, value, 1e-9 * std::abs(value)) << lock;
    }
    EXPECT_EQ(got.size(), wanted.size());
}

/// A program with locks, and a Prometheus that scrapes it.
class PrometheusServerTest : public testing::Test {
  protected:
    static constexpr double kRequestSeconds = 10;

    void SetUp() override {
        if (!is_installed("prometheus")) GTEST_SKIP() << "apt install prometheus";
        requests_ = &::prometheus::BuildHistogram()
                         .Name("inference_request_seconds")
                         .Register(*registry_)
                         .Add({}, ::prometheus::Histogram::BucketBoundaries{0.1, 1});
        endpoint_.exposer().RegisterCollectable(registry_);
        server_.emplace(
            "127.0.0.1:" + std::to_string(endpoint_.port()),
            std::vector{kMonitoring + "/recording_rules.yml", kMonitoring + "/alerts.yml"});
        server_->wait_for_scrape();  // of zeros, from which rates count
    }

    /// Uses the locks. When it returns, one thread waits for `held_`, and everything else is over.
    void use_locks() {
        for (int i = 0; i < 1000; ++i) free_.with_lock([](int& value) { ++value; });
        for (int i = 0; i < 64; ++i) sampled_.with_lock([](int& value) { ++value; });
        for (int i = 0; i < 20; ++i) static_cast<void>(index_.read());
        for (int i = 0; i < 10; ++i) static_cast<void>(index_.write());
        for (int i = 0; i < 3; ++i) static_cast<void>(hostile_.lock());
        for (int i = 0; i < 15; ++i) static_cast<void>(contended_.lock());
        wait_in(contended_, 4);
        {
            const auto guard = given_up_.lock();
            threads_.start([&]() {
                for (int i = 0; i < 3; ++i) EXPECT_FALSE(given_up_.try_lock_for(1ms));
            });
            threads_.join();
        }
        for (int i = 0; i < 5; ++i) requests_->Observe(kRequestSeconds / 5);
        guard_.emplace(held_.lock());
        threads_.start([&]() { static_cast<void>(held_.lock()); });
        wait_for_waiters("held", 1);
    }

    /// Each variable of the dashboard that asks for values of a label gets some.
    void expect_variables(const nlohmann::json& dashboard) {
        const std::regex form{R"(label_values\((.*), (\w+)\))"};
        for (const auto& variable : dashboard.at("templating").at("list")) {
            if (variable.at("type") != "query") continue;
            std::smatch parts;
            const auto query = variable.at("definition").get<std::string>();
            EXPECT_EQ(variable.at("query").at("query"), query);
            ASSERT_TRUE(std::regex_match(query, parts, form)) << query;
            EXPECT_FALSE(server_
                             ->get("/api/v1/label/" + parts.str(2) + "/values",
                                   {{"match[]", substituted(parts.str(1))}})
                             .empty())
                << query;
        }
    }

    /// All rules are well, and those that record have recorded what was counted.
    void expect_rules(const metrics::Snapshot& snapshot) {
        const double scraped = server_->now();
        const auto recorded = [&](const std::string& rule) {
            return server_->query(rule, server_->now());
        };
        const auto rules = server_->get("/api/v1/rules");
        ASSERT_EQ(rules.at("groups").size(), 3);
        for (const auto& group : rules.at("groups")) {
            for (const auto& rule : group.at("rules")) {
                const auto name = rule.at("name").get<std::string>();
                if (rule.at("type") == "recording") {
                    test::wait_until([&]() {
                        const auto last = recorded("timestamp(" + name + ")");
                        return !last.empty() && last.front().value > scraped;
                    });
                }
                EXPECT_EQ(rule.at("health"), "ok") << name;
            }
        }
        expect_same(contention_by_lock(snapshot),
                    recorded("sum by (lock) (job_lock:parking_lot_lock_contended:ratio_rate5m)"));
        expect_same(p99_by_lock(snapshot, &metrics::Series::wait),
                    recorded("sum by (lock) (job_lock:parking_lot_lock_wait_seconds:p99_rate5m)"));
        double waited = 0;
        for (const metrics::Series& series : snapshot) waited += series.wait.sum;
        const auto share =
            recorded("job:parking_lot_lock_wait_seconds_per_request_second:ratio_rate5m");
        ASSERT_EQ(share.size(), 1);
        EXPECT_NEAR(share.front().value, waited / kRequestSeconds, 1e-9 * waited);
    }

    void TearDown() override {
        guard_.reset();
        threads_.join();
    }

    metered::Mutex<int> free_{"free", 0};
    metered::Mutex<int> contended_{"contended", 0};
    metered::Mutex<int> given_up_{"given up", 0};
    metered::Mutex<int> held_{"held", 0};
    metered::Mutex<int> hostile_{"ho\"st\\ile\n{lock=\"x\"} 1", 0};
    metered::Mutex<int> sampled_{metered::Options{.name = "sampled", .sample_holds_every = 1}, 0};
    metered::RwLock<int> index_{"index", 0};
    std::shared_ptr<::prometheus::Registry> registry_ = std::make_shared<::prometheus::Registry>();
    ::prometheus::Histogram* requests_ = nullptr;
    prometheus::Endpoint endpoint_{"127.0.0.1:0"};
    std::optional<test::PrometheusServer> server_;

  private:
    static void wait_for_waiters(const std::string& lock, std::uint64_t count) {
        test::wait_until([&]() { return row_of(metrics::snapshot(), lock).waiters == count; });
    }

    /// Lets `count` threads wait for the lock, and all get it.
    void wait_in(metered::Mutex<int>& lock, int count) {
        auto guard = lock.lock();
        for (int i = 0; i < count; ++i) threads_.start([&]() { static_cast<void>(lock.lock()); });
        wait_for_waiters("contended", static_cast<std::uint64_t>(count));
        guard.unlock();
        threads_.join();
    }

    test::Threads threads_;
    std::optional<decltype(held_.lock())> guard_;
};

void expect_known_counts(const metrics::Snapshot& snapshot) {
    EXPECT_EQ(row_of(snapshot, "free").acquisitions, 1000);
    EXPECT_EQ(row_of(snapshot, "free").contended, 0);
    EXPECT_EQ(row_of(snapshot, "contended").acquisitions, 20);
    EXPECT_EQ(row_of(snapshot, "contended").contended, 4);
    EXPECT_EQ(row_of(snapshot, "given up").timeouts, 3);
    EXPECT_EQ(row_of(snapshot, "held").waiters, 1);
    EXPECT_EQ(row_of(snapshot, "sampled").hold.count(), 64);
}

TEST_F(PrometheusServerTest, DashboardAndRulesGiveWhatWasCounted) {
    use_locks();
    const metrics::Snapshot snapshot = metrics::snapshot();
    expect_known_counts(snapshot);
    server_->wait_for_scrape();
    const double time = server_->now();
    const auto value = [&](const std::string& expression) {
        const auto samples = server_->query(expression, time);
        EXPECT_EQ(samples.size(), 1) << expression;
        return samples.empty() ? std::nan("") : samples.front().value;
    };

    EXPECT_EQ(value("parking_lot_lock_acquisitions_total{lock=\"free\"}"), 1000);
    EXPECT_EQ(value("parking_lot_lock_contended_total{lock=\"contended\"}"), 4);
    EXPECT_EQ(value("parking_lot_lock_timeouts_total{lock=\"given up\"}"), 3);
    EXPECT_EQ(value("parking_lot_lock_wait_seconds_count{lock=\"given up\"}"), 3);
    EXPECT_EQ(value("parking_lot_lock_acquisitions_total{lock=\"index\",mode=\"read\"}"), 20);
    EXPECT_EQ(value("parking_lot_lock_acquisitions_total{lock=\"index\",mode=\"write\"}"), 10);
    EXPECT_EQ(value(R"(parking_lot_lock_acquisitions_total{lock="ho\"st\\ile\n{lock=\"x\"} 1"})"),
              3);

    const double per_second = value("rate(parking_lot_lock_acquisitions_total{lock=\"free\"}[5m])");
    EXPECT_GT(per_second, 0);
    auto expected = expectations(per_second / 1000, per_second / 1000 * 300);
    const auto dashboard = nlohmann::json::parse(std::ifstream{kMonitoring + "/parking_lot.json"});
    for (const auto& panel : dashboard.at("panels")) {
        for (const auto& target : panel.at("targets")) {
            const std::string name =
                panel.at("title").get<std::string>() + " " + target.at("refId").get<std::string>();
            SCOPED_TRACE(name);
            ASSERT_EQ(expected.count(name), 1) << "nothing is known about this panel";
            expect_same(expected.at(name)(snapshot),
                        server_->query(substituted(target.at("expr").get<std::string>()), time));
            expected.erase(name);
        }
    }
    EXPECT_TRUE(expected.empty()) << "the dashboard has no " << expected.begin()->first;
    expect_variables(dashboard);
    expect_rules(snapshot);
}

// What the server took is what promtool finds no fault with.
TEST(PrometheusText, IsAsPromtoolWantsIt) {
    if (!is_installed("promtool")) GTEST_SKIP() << "apt install prometheus";
    metered::Mutex<int> plain{"plain", 0};
    metered::Mutex<int> hostile{
        metered::Options{
            .name = "\"\n\\", .labels = {{"a-b", "\xFF"}, {"le", "1"}}, .sample_holds_every = 1},
        0};
    static_cast<void>(hostile.lock());
    const prometheus::Endpoint endpoint{"127.0.0.1:0"};
    const auto response = httplib::Client{"127.0.0.1", endpoint.port()}.Get("/metrics");
    ASSERT_TRUE(response);
    const test::TemporaryDirectory directory;
    const std::string scrape = directory / "scrape";
    std::ofstream{scrape} << response->body;
    EXPECT_EQ(std::system(("promtool check metrics <" + scrape).c_str()), 0) << response->body;
}

}  // namespace
}  // namespace parking_lot
