# SPDX-License-Identifier: MIT
# GTest::gtest_main: the system's GoogleTest, or one built from PARKING_LOT_GTEST_SOURCE.
include(GoogleTest)

if(PARKING_LOT_GTEST_SOURCE)
    if(NOT EXISTS ${PARKING_LOT_GTEST_SOURCE}/CMakeLists.txt)
        message(FATAL_ERROR "There is no GoogleTest source in ${PARKING_LOT_GTEST_SOURCE}: "
            "run .ci/install ci (apt install googletest).")
    endif()
    set(INSTALL_GTEST OFF)
    set(BUILD_GMOCK OFF)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # so that it heeds the two lines above
    add_subdirectory(${PARKING_LOT_GTEST_SOURCE} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)
else()
    find_package(GTest QUIET)
    if(NOT GTest_FOUND)
        message(FATAL_ERROR "The tests need GoogleTest: run .ci/install test (apt install libgtest-dev), "
            "or leave the tests out by -DPARKING_LOT_BUILD_TESTS=OFF.")
    endif()
endif()
