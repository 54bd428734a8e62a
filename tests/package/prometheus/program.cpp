// SPDX-License-Identifier: MIT
// What a consumer of the component prometheus writes. Prints the metrics of one lock.
#include <prometheus/text_serializer.h>
#include <parking_lot/metered.hpp>
#include <parking_lot/prometheus_endpoint.hpp>

#include <iostream>

int main() {
    parking_lot::metered::Mutex<int> number{"number", 41};
    number.with_lock([](int& value) { ++value; });
    const parking_lot::prometheus::Endpoint endpoint{"127.0.0.1:0"};
    if (endpoint.port() == 0) return 1;
    const auto collector = parking_lot::prometheus::collector();
    std::cout << prometheus::TextSerializer{}.Serialize(collector->Collect());
}
