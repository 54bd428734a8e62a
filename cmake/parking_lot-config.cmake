# SPDX-License-Identifier: MIT
# Read by find_package(parking_lot).
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/parking_lot-targets.cmake)
