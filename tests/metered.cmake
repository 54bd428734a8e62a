# SPDX-License-Identifier: MIT
# The tests of metered locks and their metrics, in each configuration of the library.
add_unit_test(metrics_test metrics_test.cpp)
add_unit_test(metered_test metered_test.cpp)
add_unit_test(checked_metered_test metered_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(std_metered_test metered_test.cpp metrics_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
add_unit_test(generic_metered_test metered_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)

foreach(name IN ITEMS stress lifetime)
    add_unit_test(metered_${name}_test metered_${name}_test.cpp)
    add_unit_test(std_metered_${name}_test metered_${name}_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
endforeach()

if(NOT PARKING_LOT_SANITIZE MATCHES thread) # which has an operator new of its own
    add_unit_test(metered_allocation_test metered_allocation_test.cpp)
    if(NOT WIN32) # where there is no fork
        add_unit_test(metered_fork_test metered_fork_test.cpp)
    endif()
endif()
