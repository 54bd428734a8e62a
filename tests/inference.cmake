# SPDX-License-Identifier: MIT
# The tests of the inference server in bench/inference, over each kind of lock.
set(inference_tests inference/text_test.cpp inference/parts_test.cpp inference/kv_cache_test.cpp
    inference/scheduler_test.cpp inference/response_cache_test.cpp inference/server_test.cpp)
add_unit_test(inference_test ${inference_tests})
add_unit_test(std_inference_test ${inference_tests} DEFINITIONS PARKING_LOT_USE_STD=1)
add_unit_test(checked_inference_test ${inference_tests} DEFINITIONS PARKING_LOT_CHECKED=1)
foreach(name IN ITEMS inference_test std_inference_test checked_inference_test)
    if(TARGET ${name})
        target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/bench)
    endif()
endforeach()
