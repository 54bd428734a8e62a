# SPDX-License-Identifier: MIT
# The tests of the lower layers: deadlines, platform, queues, table and core.

add_unit_test(deadline_test deadline_test.cpp)

set(detail_tests
    detail/bucket_test.cpp
    detail/module_test.cpp
    detail/platform_test.cpp
    detail/queue_test.cpp
    detail/spin_test.cpp
    detail/table_test.cpp
    detail/waiter_test.cpp
    support/threads_after_fork.cpp)
if(WIN32)
    list(APPEND detail_tests detail/platform/windows_test.cpp)
elseif(CMAKE_SYSTEM_NAME STREQUAL Linux)
    list(APPEND detail_tests detail/platform/membarrier_test.cpp)
endif()
add_unit_test(detail_test ${detail_tests})
add_unit_test(generic_detail_test ${detail_tests} DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)

set(core_tests core_test.cpp core_lock_test.cpp core_matrix_test.cpp)
add_unit_test(core_test ${core_tests})
add_unit_test(generic_core_test ${core_tests} DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)

if(NOT PARKING_LOT_SANITIZE) # it replaces operator new and malloc, and so do sanitizers
    add_unit_test(core_allocation_test core_allocation_test.cpp)
    add_unit_test(generic_core_allocation_test core_allocation_test.cpp
        DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
endif()

if(NOT WIN32) # which has no fork
    set(process_tests
        process/fork_test.cpp
        process/lifetime_test.cpp
        process/sandbox_test.cpp
        support/threads_after_fork.cpp)
    add_unit_test(process_test ${process_tests})
    add_unit_test(generic_process_test ${process_tests} DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
endif()

set(parking_regressions
    regression/parking_platform_test.cpp
    regression/parking_queue_test.cpp)
add_unit_test(parking_regression_test ${parking_regressions})
add_unit_test(generic_parking_regression_test ${parking_regressions}
    DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
