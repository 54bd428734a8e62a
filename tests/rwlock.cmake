# SPDX-License-Identifier: MIT
# The tests of RawRwLock and RwLock.
add_unit_test(raw_rwlock_test raw_rwlock_test.cpp)
add_unit_test(generic_raw_rwlock_test raw_rwlock_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
add_unit_test(checked_raw_rwlock_test raw_rwlock_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(rwlock_test rwlock_test.cpp)
add_unit_test(std_rwlock_test rwlock_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
add_unit_test(checked_rwlock_test rwlock_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(rwlock_oracle_test rwlock_oracle_test.cpp)
add_unit_test(generic_rwlock_oracle_test rwlock_oracle_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
if(NOT PARKING_LOT_SANITIZE)  # sanitizers have operators new of their own
    add_unit_test(rwlock_allocation_test rwlock_allocation_test.cpp)
endif()
add_unit_test(rwlock_misuse_test rwlock_misuse_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(rwlock_bugs_test regression/rwlock_bugs_test.cpp)
