# SPDX-License-Identifier: MIT
# inference_http: what HTTP needs (cpp-httplib, nlohmann-json and, for /metrics, prometheus-cpp), with
# INFERENCE_HAVE_HTTP and INFERENCE_HAVE_PROMETHEUS; without the target, inference_http_missing says why.
include(CheckCXXSourceCompiles)
find_package(PkgConfig QUIET)
find_package(nlohmann_json QUIET CONFIG)
find_package(prometheus-cpp QUIET CONFIG)
if(PkgConfig_FOUND)
    pkg_check_modules(httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()

# Debian's cpp-httplib is a compiled library: it must fit this compiler, C++ library and architecture.
if(TARGET PkgConfig::httplib)
    set(CMAKE_REQUIRED_LIBRARIES PkgConfig::httplib Threads::Threads)
    check_cxx_source_compiles("#include <httplib.h>\nint main() { httplib::Client{\"http://a\"}; }"
        INFERENCE_HTTPLIB_LINKS)
    unset(CMAKE_REQUIRED_LIBRARIES)
endif()

if(NOT INFERENCE_HTTPLIB_LINKS)
    set(inference_http_missing "cpp-httplib does not link here (apt install libcpp-httplib-dev pkg-config)")
elseif(NOT nlohmann_json_FOUND)
    set(inference_http_missing "there is no nlohmann-json (apt install nlohmann-json3-dev)")
elseif(NOT TARGET inference_http)
    add_library(inference_http INTERFACE)
    target_compile_definitions(inference_http INTERFACE INFERENCE_HAVE_HTTP=1)
    target_link_libraries(inference_http INTERFACE PkgConfig::httplib nlohmann_json::nlohmann_json)
    if(prometheus-cpp_FOUND)
        target_compile_definitions(inference_http INTERFACE INFERENCE_HAVE_PROMETHEUS=1)
        target_link_libraries(inference_http INTERFACE prometheus-cpp::core)
    endif()
endif()
