# SPDX-License-Identifier: MIT
# add_unit_test(<name> <source>... [PARKING] [DEFINITIONS <definition>...] [LABELS <label>...]): an executable of
# GoogleTest tests. DEFINITIONS compiles the same sources in another configuration of the library: a variant. PARKING
# says that they wait until threads are parked at a lock, which nobody ever is where locks are the standard library's.
option(PARKING_LOT_TEST_VARIANTS "Also test other configurations of the library than this build's own" ON)

# For machines that take long to compile for or to emulate: the primitives and all that a platform has a part in, each
# executable as one test.
option(PARKING_LOT_TEST_SUBSET "Only test what differs most between platforms" OFF)
set(PARKING_LOT_SUBSET_TESTS detail_test core_test mutex_test rwlock_bugs_test once_test)

# What the executables have in common.
add_library(unit_test_common INTERFACE)
target_include_directories(unit_test_common INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(unit_test_common INTERFACE
    parking_lot::parking_lot parking_lot_warnings GTest::gtest_main)
if(PARKING_LOT_SANITIZE)
    target_compile_options(unit_test_common INTERFACE
        -fsanitize=${PARKING_LOT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(unit_test_common INTERFACE -fsanitize=${PARKING_LOT_SANITIZE})
endif()

# GoogleTest and the library's headers take most of the time to compile a test: compiled once for each configuration.
file(CONFIGURE OUTPUT headers_once.cpp CONTENT "")
function(reuse_headers target)
    list(FILTER ARGN INCLUDE REGEX "^PARKING_LOT_(USE_STD|CHECKED|GENERIC_PLATFORM)=")
    set(optimize_variant) # compiled in two thirds of the time
    if(ARGN)
        set(optimize_variant -O1)
    endif()
    target_compile_options(${target} PRIVATE ${optimize_variant})
    string(MAKE_C_IDENTIFIER "headers_once_${ARGN}" once)
    if(NOT TARGET ${once})
        add_library(${once} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/headers_once.cpp)
        target_link_libraries(${once} PRIVATE unit_test_common)
        target_compile_definitions(${once} PRIVATE ${ARGN})
        target_compile_options(${once} PRIVATE ${optimize_variant})
        target_precompile_headers(${once} PRIVATE <gtest/gtest.h> <thread>
            <parking_lot/parking_lot.hpp> <parking_lot/metered.hpp> <parking_lot/metrics.hpp>)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${once})
endfunction()

# ThreadSanitizer finds its shadow memory taken where the kernel randomizes addresses too freely.
set(unit_test_launcher ${CMAKE_CROSSCOMPILING_EMULATOR})
if(PARKING_LOT_SANITIZE MATCHES thread)
    execute_process(COMMAND setarch -R true RESULT_VARIABLE fixed_addresses OUTPUT_QUIET ERROR_QUIET)
    if(fixed_addresses EQUAL 0)
        set(unit_test_launcher setarch -R)
    endif()
endif()

function(add_unit_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "PARKING" "" "DEFINITIONS;LABELS")
    if(arg_PARKING AND PARKING_LOT_USE_STD)
        return()
    endif()
    if(arg_DEFINITIONS AND NOT PARKING_LOT_TEST_VARIANTS)
        return()
    endif()
    if(PARKING_LOT_TEST_SUBSET AND NOT name IN_LIST PARKING_LOT_SUBSET_TESTS)
        return()
    endif()
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PRIVATE unit_test_common)
    target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})
    reuse_headers(${name} ${arg_DEFINITIONS})
    set_target_properties(${name} PROPERTIES CROSSCOMPILING_EMULATOR "${unit_test_launcher}")
    if(PARKING_LOT_TEST_SUBSET)
        add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
        set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS unit)
        return()
    endif()
    # At test time: a program of another architecture can then be built here, if not run.
    gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 300
        PROPERTIES TIMEOUT 300 LABELS unit)
    if(arg_LABELS)
        add_labels(${name} ${arg_LABELS})
    endif()
endfunction()

# gtest_discover_tests takes no list as a property's value, but leaves the names of the tests in <name>_TESTS.
function(add_labels name)
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
    file(WRITE ${file}
        "if(${name}_TESTS)\n"
        "    set_tests_properties(\${${name}_TESTS} PROPERTIES LABELS \"unit;${ARGN}\")\n"
        "endif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${file})
endfunction()
