# SPDX-License-Identifier: MIT
# The tests of waits for a predicate, in each configuration of the library: with all kinds of locks in the first.
add_unit_test(await_test await_test.cpp)
if(NOT PARKING_LOT_TEST_VARIANTS)
    target_compile_definitions(await_test PRIVATE FEW_KINDS=1)
endif()
add_unit_test(await_stress_test await_stress_test.cpp)
add_unit_test(checked_await_test await_test.cpp await_misuse_test.cpp
    DEFINITIONS PARKING_LOT_CHECKED=1 FEW_KINDS=1)
add_unit_test(generic_await_test await_test.cpp await_stress_test.cpp
    DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1 FEW_KINDS=1)
add_unit_test(std_await_test await_test.cpp await_stress_test.cpp
    DEFINITIONS PARKING_LOT_USE_STD=1 FEW_KINDS=1)

if(NOT PARKING_LOT_SANITIZE MATCHES thread) # which has an operator new of its own
    add_unit_test(await_allocation_test await_allocation_test.cpp)
endif()
