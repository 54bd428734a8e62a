// SPDX-License-Identifier: MIT
// Endpoint: serves the metrics of the metered locks over HTTP. Needs prometheus-cpp (its pull
// library).
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "parking_lot/prometheus.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace prometheus {

/// Serves http://<address>/metrics, in threads of its own, as long as it exists. Its destructor
/// waits for scrapes that have begun, and for up to two seconds until the server notices its end.
///
///     const parking_lot::prometheus::Endpoint endpoint{"127.0.0.1:9464"};
class Endpoint {
  public:
    /// `address` is an IP address or host name and a port, like "127.0.0.1:9464" or "[::1]:9464"; a
    /// port alone means all IPv4 addresses of the machine, and port 0 one that is free. `prefix` is
    /// what the names of the metrics begin with.
    ///
    /// Throws std::runtime_error, with the address and the reason, when it cannot listen there, and
    /// std::invalid_argument unless `prefix` is [a-zA-Z_][a-zA-Z0-9_]*.
    explicit Endpoint(const std::string& address, std::string_view prefix = "parking_lot")
        : collector_{collector(prefix)}, exposer_{listen(address)} {
        exposer_->RegisterCollectable(collector_);
    }

    /// The port it listens at.
    [[nodiscard]] int port() const { return exposer_->GetListeningPorts().at(0); }

    /// For metrics of other origin at the same address, or a password: RegisterCollectable(),
    /// RegisterAuth().
    [[nodiscard]] ::prometheus::Exposer& exposer() const noexcept { return *exposer_; }

  private:
    static std::unique_ptr<::prometheus::Exposer> listen(const std::string& address) {
        errno = 0;
        try {
            return std::make_unique<::prometheus::Exposer>(address);
        } catch (const std::runtime_error&) {
            // The exception does not tell why; what the system said is still in errno.
            const int error = errno;
            throw std::runtime_error{
                "parking_lot::prometheus: cannot serve metrics at \"" + address + "\": " +
                (error != 0 ? std::system_category().message(error)
                            : "it is not an address and a port, like 127.0.0.1:9464")};
        }
    }

    // The exposer goes first, and waits for scrapes that still use the collector.
    std::shared_ptr<::prometheus::Collectable> collector_;
    std::unique_ptr<::prometheus::Exposer> exposer_;
};

}  // namespace prometheus
}  // namespace parking_lot::inline PARKING_LOT_ABI
