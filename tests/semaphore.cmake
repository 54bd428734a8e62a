# SPDX-License-Identifier: MIT
# Tests of Semaphore and Latch, which are the same with PARKING_LOT_USE_STD.

set(semaphore_tests semaphore_test.cpp latch_test.cpp)
add_unit_test(semaphore_test ${semaphore_tests})
add_unit_test(checked_semaphore_test ${semaphore_tests} DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(generic_semaphore_test ${semaphore_tests} DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
add_unit_test(std_semaphore_test ${semaphore_tests} DEFINITIONS PARKING_LOT_USE_STD=1)

if(NOT PARKING_LOT_SANITIZE MATCHES thread) # which has an operator new of its own
    add_unit_test(semaphore_allocation_test semaphore_allocation_test.cpp)
endif()
