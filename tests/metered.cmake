# SPDX-License-Identifier: MIT
# The tests of metered locks and their metrics, in each configuration of the library.
add_unit_test(metrics_test metrics_test.cpp)
add_unit_test(metered_test metered_test.cpp)
add_unit_test(checked_metered_test metered_test.cpp DEFINITIONS PARKING_LOT_CHECKED=1)
add_unit_test(std_metered_test metered_test.cpp metrics_test.cpp DEFINITIONS PARKING_LOT_USE_STD=1)
add_unit_test(generic_metered_test metered_test.cpp DEFINITIONS PARKING_LOT_GENERIC_PLATFORM=1)
