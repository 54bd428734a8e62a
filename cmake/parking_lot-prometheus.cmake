# SPDX-License-Identifier: MIT
# The component prometheus: parking_lot::prometheus, the library with prometheus-cpp for prometheus.hpp and
# prometheus_endpoint.hpp. Where that is not installed, parking_lot_prometheus_missing says so.
find_package(prometheus-cpp QUIET CONFIG)
if(NOT prometheus-cpp_FOUND)
    set(parking_lot_prometheus_missing
        "parking_lot::prometheus needs prometheus-cpp, which is not installed (apt install prometheus-cpp-dev).")
elseif(NOT TARGET parking_lot::prometheus)
    add_library(parking_lot::prometheus INTERFACE IMPORTED)
    target_link_libraries(parking_lot::prometheus INTERFACE parking_lot::parking_lot prometheus-cpp::core)
    if(TARGET prometheus-cpp::pull) # which prometheus_endpoint.hpp needs
        target_link_libraries(parking_lot::prometheus INTERFACE prometheus-cpp::pull)
    endif()
    if(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
        set_property(TARGET parking_lot::prometheus PROPERTY IMPORTED_GLOBAL TRUE)
    endif()
endif()
