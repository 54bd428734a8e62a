// SPDX-License-Identifier: MIT
// What GET /metrics answers: the server's figures and, in a metered build, those of its locks.
#pragma once

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <vector>

#include "inference/locks.hpp"
#include "inference/server.hpp"

#if INFERENCE_METERED
#include "parking_lot/prometheus.hpp"
#endif

namespace inference {

class HttpMetrics {
  public:
    explicit HttpMetrics(const Server& server) : server_{server} {}

    void request_ended(Status status, double seconds) {
        const std::string name{to_string(status)};
        request_seconds_.Add({{"status", name}}, kBounds).Observe(seconds);
    }

    [[nodiscard]] std::string text() {
        active_.Set(static_cast<double>(server_.scheduler().active_count()));
        std::vector<prometheus::MetricFamily> families = registry_.Collect();
        families.push_back(words_made());
#if INFERENCE_METERED
        for (auto& family : parking_lot::prometheus::collector()->Collect()) {
            families.push_back(std::move(family));
        }
#endif
        return prometheus::TextSerializer{}.Serialize(families);
    }

  private:
    static inline const prometheus::Histogram::BucketBoundaries kBounds{
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30};

    /// Counted by the server, not here.
    [[nodiscard]] prometheus::MetricFamily words_made() const {
        prometheus::ClientMetric metric;
        metric.counter.value = static_cast<double>(server_.words_made());
        return {"inference_words_total",
                "Words made since the start of the process.",
                prometheus::MetricType::Counter,
                {metric}};
    }

    const Server& server_;
    prometheus::Registry registry_;
    prometheus::Family<prometheus::Histogram>& request_seconds_ =
        prometheus::BuildHistogram()
            .Name("inference_request_seconds")
            .Help("From the arrival of a request to the last byte of its answer.")
            .Register(registry_);
    prometheus::Gauge& active_ = prometheus::BuildGauge()
                                     .Name("inference_active_requests")
                                     .Help("Requests that have not ended.")
                                     .Register(registry_)
                                     .Add({});
};

}  // namespace inference
