# SPDX-License-Identifier: MIT
# Random programs over the whole API, against an oracle. With PARKING_LOT_FUZZ, libFuzzer writes them (Clang only):
# cmake --workflow --preset fuzz (AddressSanitizer) or fuzz-tsan. New inputs of interest stay in the build directory, in
# fuzz/<program>; so do those that fail, as text. `<program> -runs=1000 <file>` runs one again.
option(PARKING_LOT_FUZZ "Let libFuzzer write programs; it needs Clang" OFF)
set(PARKING_LOT_FUZZ_SECONDS 60 CACHE STRING "For how long each of libFuzzer's programs runs")

set(fuzz_harness
    fuzz/events.cpp
    fuzz/mutexes.cpp
    fuzz/program.cpp
    fuzz/runner.cpp
    fuzz/rwlocks.cpp
    fuzz/thread.cpp
    fuzz/world.cpp)
set(fuzz_corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus)

add_unit_test(fuzz_test fuzz/fuzz_test.cpp ${fuzz_harness})
target_compile_definitions(fuzz_test PRIVATE PARKING_LOT_FUZZ_CORPUS="${fuzz_corpus}")

# Its types misbehave on purpose.
add_unit_test(fuzz_faults_test fuzz/faults_test.cpp ${fuzz_harness} DEFINITIONS PARKING_LOT_FUZZ_FAULTS=1)

if(NOT PARKING_LOT_FUZZ)
    return()
endif()

# add_fuzzer(<name> <corpus> <source>...): beside this corpus, it has one of its own.
function(add_fuzzer name corpus)
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/fuzz/${name})
    file(MAKE_DIRECTORY ${directory}/corpus)
    add_executable(${name} ${ARGN})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE parking_lot::parking_lot parking_lot_warnings)
    set(sanitizers -fsanitize=fuzzer,${PARKING_LOT_SANITIZE} -fno-sanitize-recover=all)
    target_compile_options(${name} PRIVATE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(${name} PRIVATE ${sanitizers})
    add_test(NAME fuzz.${name} COMMAND ${unit_test_launcher} $<TARGET_FILE:${name}>
        -max_total_time=${PARKING_LOT_FUZZ_SECONDS} -max_len=4000 -timeout=120 -print_final_stats=1
        -artifact_prefix=${directory}/ ${directory}/corpus ${corpus})
    math(EXPR timeout "${PARKING_LOT_FUZZ_SECONDS} + 300")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout})
endfunction()

add_fuzzer(fuzz_locks ${fuzz_corpus} fuzz/fuzz_locks.cpp ${fuzz_harness})
if(PARKING_LOT_TEST_PROMETHEUS)
    add_fuzzer(fuzz_labels ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/labels_corpus
        fuzz/fuzz_labels.cpp fuzz/labels.cpp fuzz/exposition.cpp)
    target_link_libraries(fuzz_labels PRIVATE parking_lot::prometheus)
endif()
