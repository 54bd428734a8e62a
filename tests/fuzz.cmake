# SPDX-License-Identifier: MIT
# Random programs over the whole API, against an oracle; fuzz/CMakeLists.txt lets libFuzzer write them.
set(fuzz_harness
    fuzz/events.cpp
    fuzz/mutexes.cpp
    fuzz/program.cpp
    fuzz/runner.cpp
    fuzz/rwlocks.cpp
    fuzz/thread.cpp
    fuzz/world.cpp)
add_unit_test(fuzz_test fuzz/fuzz_test.cpp ${fuzz_harness})
target_compile_definitions(fuzz_test PRIVATE PARKING_LOT_FUZZ_CORPUS="${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus")
