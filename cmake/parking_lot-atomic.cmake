# SPDX-License-Identifier: MIT
# parking_lot_atomic: the library with those atomic operations that the compiler does not inline, as GCC 12 for RISC-V
# does not inline those on a byte; empty where there are none.
cmake_policy(PUSH)
cmake_policy(VERSION 3.25)
include(CheckCXXSourceCompiles)

# The user's flags stay, as they choose the processor; their warnings do not count.
function(parking_lot_check_atomics libraries result)
    set(CMAKE_CXX_STANDARD 20)
    set(CMAKE_REQUIRED_FLAGS -w)
    set(CMAKE_REQUIRED_LIBRARIES ${libraries})
    check_cxx_source_compiles("
        #include <atomic>
        static std::atomic<unsigned char> one_byte;
        static std::atomic<unsigned long long> eight_bytes;
        int main() { return one_byte.exchange(1) + static_cast<int>(eight_bytes.exchange(1)); }"
        ${result})
endfunction()

set(parking_lot_atomic)
get_property(parking_lot_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(CXX IN_LIST parking_lot_languages)
    parking_lot_check_atomics("" PARKING_LOT_ATOMICS_ARE_INLINE)
    if(NOT PARKING_LOT_ATOMICS_ARE_INLINE)
        parking_lot_check_atomics(atomic PARKING_LOT_ATOMICS_ARE_IN_LIBATOMIC)
        if(PARKING_LOT_ATOMICS_ARE_IN_LIBATOMIC)
            set(parking_lot_atomic atomic)
        endif()
    endif()
endif()
unset(parking_lot_languages)
cmake_policy(POP)
