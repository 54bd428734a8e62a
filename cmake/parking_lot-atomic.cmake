# SPDX-License-Identifier: MIT
# parking_lot_atomic: the library with those atomic operations that the compiler does not inline, as GCC 12 for RISC-V
# does not inline those on a byte; empty where there are none.
include(CheckCXXSourceCompiles)
check_cxx_source_compiles("
    #include <atomic>
    std::atomic<unsigned char> one_byte;
    std::atomic<unsigned long long> eight_bytes;
    int main() { return one_byte.exchange(1) + static_cast<int>(eight_bytes.exchange(1)); }"
    PARKING_LOT_ATOMICS_ARE_INLINE)
set(parking_lot_atomic)
if(NOT PARKING_LOT_ATOMICS_ARE_INLINE)
    set(parking_lot_atomic atomic)
endif()
