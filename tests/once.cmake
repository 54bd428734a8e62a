# SPDX-License-Identifier: MIT
# Tests of Once, OnceCell, Lazy and ReentrantMutex.

add_unit_test(raw_once_test raw_once_test.cpp)
add_unit_test(once_test once_test.cpp)
add_unit_test(once_cell_test once_cell_test.cpp)
add_unit_test(lazy_test lazy_test.cpp)
add_unit_test(raw_reentrant_mutex_test raw_reentrant_mutex_test.cpp)
add_unit_test(reentrant_mutex_test reentrant_mutex_test.cpp)
add_unit_test(thread_id_test detail/thread_id_test.cpp)
add_unit_test(once_regression_test regression/once_regression_test.cpp PARKING)

if(NOT PARKING_LOT_SANITIZE MATCHES thread) # which has an operator new of its own
    add_unit_test(once_allocation_test once_allocation_test.cpp PARKING)
endif()

add_unit_test(once_without_exceptions_test once_without_exceptions_test.cpp)
if(TARGET once_without_exceptions_test)
    target_compile_options(once_without_exceptions_test PRIVATE -fno-exceptions -fno-rtti)
    # The precompiled ones have exceptions.
    set_target_properties(once_without_exceptions_test PROPERTIES DISABLE_PRECOMPILE_HEADERS ON)
endif()

add_unit_test(once_misuse_test once_misuse_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(checked_raw_once_test raw_once_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(checked_once_test once_test.cpp once_cell_test.cpp lazy_test.cpp
    DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(checked_reentrant_mutex_test raw_reentrant_mutex_test.cpp reentrant_mutex_test.cpp
    DEFINITIONS PARKING_LOT_CHECKED=1)

add_unit_test(std_once_test once_test.cpp once_cell_test.cpp lazy_test.cpp
    DEFINITIONS PARKING_LOT_USE_STD=1)
add_unit_test(std_reentrant_mutex_test reentrant_mutex_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)

add_unit_test(generic_once_test raw_once_test.cpp once_test.cpp
    DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
add_unit_test(generic_reentrant_mutex_test raw_reentrant_mutex_test.cpp
    DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
