# SPDX-License-Identifier: MIT
# Installs the headers, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/parking_lot)
install(TARGETS parking_lot EXPORT parking_lot FILE_SET HEADERS)
install(EXPORT parking_lot NAMESPACE parking_lot:: FILE parking_lot-targets.cmake
    DESTINATION ${package_dir})

# While the version is 0.x each minor version may break its users. Headers suit any architecture.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/parking_lot-config-version.cmake
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/parking_lot-config.cmake
        ${PROJECT_SOURCE_DIR}/cmake/parking_lot-atomic.cmake
        ${PROJECT_SOURCE_DIR}/cmake/parking_lot-prometheus.cmake
        ${PROJECT_BINARY_DIR}/parking_lot-config-version.cmake
    DESTINATION ${package_dir})

# Relative to the file, so that an installed tree may be moved.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_DATADIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
list(TRANSFORM PARKING_LOT_DEFINITIONS PREPEND " -D" OUTPUT_VARIABLE pc_definitions)
list(JOIN pc_definitions "" pc_definitions)
list(TRANSFORM PARKING_LOT_LIBRARIES PREPEND " -l" OUTPUT_VARIABLE pc_libraries)
configure_file(${PROJECT_SOURCE_DIR}/cmake/parking_lot.pc.in ${PROJECT_BINARY_DIR}/parking_lot.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/parking_lot.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)

# Commands and pretty-printers for gdb.
install(FILES ${PROJECT_SOURCE_DIR}/cmake/gdb/parking_lot_gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/parking_lot)
