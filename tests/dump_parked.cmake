# SPDX-License-Identifier: MIT
# The tests of dump_parked, in each configuration of the library.
add_unit_test(dump_parked_test dump_parked_test.cpp)
add_unit_test(checked_dump_parked_test dump_parked_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(generic_dump_parked_test dump_parked_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
add_unit_test(std_dump_parked_test dump_parked_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
