# SPDX-License-Identifier: MIT
# The tests of the inference server in bench/inference, over each kind of lock.
set(inference_tests inference/text_test.cpp inference/parts_test.cpp inference/kv_cache_test.cpp
    inference/scheduler_test.cpp inference/response_cache_test.cpp inference/server_test.cpp)

# add_inference_test(<name> <source>... [DEFINITIONS <definition>...])
function(add_inference_test name)
    add_unit_test(${name} ${ARGN})
    if(TARGET ${name})
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/bench)
    endif()
endfunction()

add_inference_test(inference_test ${inference_tests})
add_inference_test(std_inference_test inference/server_test.cpp inference/response_cache_test.cpp
    DEFINITIONS PARKING_LOT_USE_STD=1)
add_inference_test(metered_inference_test inference/server_test.cpp inference/response_cache_test.cpp)
target_compile_definitions(metered_inference_test PRIVATE INFERENCE_METERED=1)

# Over HTTP. Not with ThreadSanitizer, which does not see into cpp-httplib's compiled part.
if(PARKING_LOT_SANITIZE MATCHES thread)
    return()
endif()
include(${PROJECT_SOURCE_DIR}/bench/inference/http.cmake)
if(TARGET inference_http)
    add_inference_test(inference_http_test inference/http_test.cpp)
    target_link_libraries(inference_http_test PRIVATE inference_http)
    add_inference_test(metered_inference_http_test inference/http_test.cpp)
    target_compile_definitions(metered_inference_http_test PRIVATE INFERENCE_METERED=1)
    target_link_libraries(metered_inference_http_test PRIVATE inference_http)
else()
    set(skipped "Skipped: the inference server is not tested over HTTP, as ${inference_http_missing}.")
    message(WARNING "${skipped}")
    add_test(NAME inference_http_test COMMAND sh -c "echo '${skipped}'; exit 77")
    set_tests_properties(inference_http_test PROPERTIES LABELS unit SKIP_RETURN_CODE 77)
endif()
