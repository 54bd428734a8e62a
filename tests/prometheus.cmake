# SPDX-License-Identifier: MIT
# The tests of metrics for Prometheus. PARKING_LOT_TEST_PROMETHEUS: whether programs of this build can use prometheus-cpp.
include(CheckCXXSourceCompiles)
find_package(nlohmann_json QUIET CONFIG)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()
set(PARKING_LOT_TEST_PROMETHEUS OFF)
if(NOT TARGET parking_lot::prometheus)
    set(prometheus_obstacle "${parking_lot_prometheus_missing}")
elseif(NOT nlohmann_json_FOUND OR NOT TARGET PkgConfig::httplib)
    set(prometheus_obstacle "apt install nlohmann-json3-dev libcpp-httplib-dev pkg-config")
else()
    # They may be there for another standard library or architecture.
    set(CMAKE_REQUIRED_LIBRARIES prometheus-cpp::core prometheus-cpp::pull)
    check_cxx_source_compiles("
        #include <prometheus/exposer.h>
        int main() { prometheus::Exposer exposer{std::string{}}; }" prometheus_cpp_links)
    unset(CMAKE_REQUIRED_LIBRARIES)
    set(PARKING_LOT_TEST_PROMETHEUS ${prometheus_cpp_links})
    set(prometheus_obstacle "prometheus-cpp is installed for another standard library or architecture.")
endif()

add_unit_test(prometheus_labels_test prometheus/labels_test.cpp LABELS prometheus)
if(NOT PARKING_LOT_TEST_PROMETHEUS)
    set(skipped "Skipped: the metrics for Prometheus are not tested: ${prometheus_obstacle}")
    message(WARNING "${skipped}")
    add_test(NAME prometheus.skipped COMMAND sh -c "echo '${skipped}'; exit 77")
    set_tests_properties(prometheus.skipped PROPERTIES LABELS "unit;prometheus" SKIP_RETURN_CODE 77)
    return()
endif()

set(prometheus_tests prometheus/families_test.cpp prometheus/collector_test.cpp)
if(NOT PARKING_LOT_SANITIZE MATCHES thread) # the threads of Exposer are not instrumented
    list(APPEND prometheus_tests prometheus/endpoint_test.cpp)
endif()
add_unit_test(prometheus_test ${prometheus_tests} LABELS prometheus)
target_link_libraries(prometheus_test PRIVATE parking_lot::prometheus PkgConfig::httplib)

# Fuzzed names and labels. Here, as they need prometheus-cpp.
add_unit_test(fuzz_labels_test fuzz/labels_test.cpp fuzz/labels.cpp fuzz/exposition.cpp LABELS prometheus)
target_link_libraries(fuzz_labels_test PRIVATE parking_lot::prometheus)
