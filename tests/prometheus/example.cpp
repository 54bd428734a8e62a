// SPDX-License-Identifier: MIT
// A server with two metered locks, for a first look at the metrics and the dashboard:
//   prometheus_example [<address>]     serves http://<address>/metrics until its input ends
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "parking_lot/metered.hpp"
#include "parking_lot/prometheus_endpoint.hpp"

namespace {

/// Answers requests from a cache, until `done`.
void serve(parking_lot::metered::RwLock<std::map<int, int>>& cache,
           parking_lot::metered::Mutex<int>& requests, const std::atomic<bool>& done) {
    while (!done) {
        const int request = requests.with_lock([](int& next) { return next++; });
        const int key = request % 100;
        if (request % 10 != 0) {
            const auto entries = cache.read();
            if (entries->count(key) != 0) continue;
        }
        cache.write()->insert_or_assign(key, request);
        std::this_thread::sleep_for(std::chrono::microseconds{100});
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const std::string address = argc > 1 ? argv[1] : "127.0.0.1:9464";
    parking_lot::metered::RwLock<std::map<int, int>> cache{"cache"};
    parking_lot::metered::Mutex<int> requests{"requests"};
    const parking_lot::prometheus::Endpoint endpoint{address};
    std::cout << "Port " << endpoint.port() << " serves /metrics; the end of input ends it.\n";

    std::atomic<bool> done{false};
    std::vector<std::thread> servers;
    for (int i = 0; i < 4; ++i) servers.emplace_back([&]() { serve(cache, requests, done); });
    while (std::cin.get() != std::char_traits<char>::eof()) {
    }
    done = true;
    for (std::thread& server : servers) server.join();
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}
