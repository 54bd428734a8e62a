# SPDX-License-Identifier: MIT
# IBM Z: 64 bits, the most significant byte first.
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(triple s390x-linux-gnu)
set(emulator qemu-s390x)
# GCC 12 suspects the stop_token of its own library, and loses the store that initializes the data of a Mutex<int> over
# std::mutex.
set(CMAKE_CXX_FLAGS_INIT "-Wno-maybe-uninitialized -fno-dse")
include(${CMAKE_CURRENT_LIST_DIR}/debian_cross.cmake)
