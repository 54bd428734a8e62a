# SPDX-License-Identifier: MIT
# Tests of raw locks, typed mutexes and guards. A prefix names the configuration of the library a test is compiled in.
add_unit_test(raw_mutex_test raw_mutex_test.cpp)
add_unit_test(raw_fair_mutex_test raw_fair_mutex_test.cpp)
add_unit_test(raw_lock_test raw_lock_test.cpp)
add_unit_test(types_test types_test.cpp)
add_unit_test(guard_test guard_test.cpp)
add_unit_test(mutex_test mutex_test.cpp)
add_unit_test(fair_mutex_test fair_mutex_test.cpp)
add_unit_test(lock_owned_test lock_owned_test.cpp)
add_unit_test(lock_all_test lock_all_test.cpp)
add_unit_test(philosophers_test philosophers_test.cpp)
add_unit_test(cached_responses_test cached_responses_test.cpp)
add_unit_test(std_backend_test std_backend_test.cpp)
add_unit_test(stress_test stress_test.cpp)
add_unit_test(lifetime_test lifetime_test.cpp)
foreach(subject IN ITEMS fairness guard lifetime)
    add_unit_test(regression_mutex_${subject}_test regression/mutex_${subject}_test.cpp PARKING)
endforeach()

if(PARKING_LOT_SANITIZE MATCHES thread)
    add_unit_test(lock_order_test lock_order_test.cpp)
else() # ThreadSanitizer has an operator new of its own
    add_unit_test(allocation_test allocation_test.cpp)
    add_unit_test(regression_mutex_allocator_test regression/mutex_allocator_test.cpp)
endif()

# What checked builds know of lock orders and deadlocks, in every preset: with sanitizers, other compilers and so on.
if(NOT PARKING_LOT_USE_STD AND NOT PARKING_LOT_TEST_SUBSET AND NOT WIN32) # where patterns of POSIX are not understood
    foreach(name IN ITEMS lock_watch deadlock)
        add_unit_test(checked_${name}_test ${name}_test.cpp)
        target_compile_definitions(checked_${name}_test PRIVATE PARKING_LOT_CHECKED=1)
        set_target_properties(checked_${name}_test PROPERTIES DISABLE_PRECOMPILE_HEADERS ON) # may be of unchecked ones
    endforeach()
endif()
if(NOT PARKING_LOT_CHECKED)
    add_unit_test(unchecked_deadlock_test deadlock_test.cpp)
endif()

add_unit_test(checked_test checked_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
foreach(name IN ITEMS raw_mutex types guard mutex lock_all lifetime)
    add_unit_test(checked_${name}_test ${name}_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
endforeach()
add_unit_test(checked_regression_mutex_guard_test regression/mutex_guard_test.cpp
    DEFINITIONS PARKING_LOT_CHECKED=1)

foreach(name IN ITEMS types mutex fair_mutex guard lock_all philosophers lock_owned std_backend)
    add_unit_test(std_${name}_test ${name}_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
endforeach()

foreach(name IN ITEMS raw_mutex philosophers stress lifetime)
    add_unit_test(generic_${name}_test ${name}_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
endforeach()

if(PARKING_LOT_TEST_SUBSET)
    return()
endif()

add_library(instantiate OBJECT instantiate.cpp)
target_compile_options(instantiate PRIVATE $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)
add_executable(no_exceptions no_exceptions.cpp instantiate.cpp)
target_compile_options(no_exceptions PRIVATE -fno-exceptions -fno-rtti)
foreach(target IN ITEMS instantiate no_exceptions)
    target_link_libraries(${target} PRIVATE parking_lot::parking_lot parking_lot_warnings)
endforeach()
add_test(NAME no_exceptions COMMAND no_exceptions)
set_tests_properties(no_exceptions PROPERTIES TIMEOUT 300 LABELS unit)

add_subdirectory(compile_fail)
