# SPDX-License-Identifier: MIT
# The tests of Condvar, in each configuration of the library.

set(condvar_tests condvar_test.cpp condvar_stress_test.cpp regression/condvar_test.cpp)
add_unit_test(condvar_test ${condvar_tests})
add_unit_test(checked_condvar_test condvar_misuse_test.cpp condvar_stress_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(generic_condvar_test condvar_stress_test.cpp regression/condvar_test.cpp
    DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
add_unit_test(std_condvar_test ${condvar_tests} DEFINITIONS PARKING_LOT_USE_STD=1)

if(NOT PARKING_LOT_SANITIZE MATCHES thread) # which has an operator new of its own
    add_unit_test(condvar_allocation_test condvar_allocation_test.cpp)
endif()
