// SPDX-License-Identifier: MIT
// The mutexes that programs use, apart from the RwLocks, as compilers take their time with both.
#include "fuzz/locks.hpp"

namespace parking_lot::fuzz {

template void LockSubject<BasicMutex<tested::RawMutex, Data>>::run_section(Thread&, Instruction);
template void LockSubject<BasicMutex<tested::RawFairMutex, Data>>::run_section(Thread&,
                                                                               Instruction);
#if !PARKING_LOT_USE_STD
template void LockSubject<BasicMutex<tested::RawByteMutex, Data>>::run_section(Thread&,
                                                                               Instruction);
#endif
template void LockSubject<BasicMutex<tested::RawReentrantMutex, Data>>::run_section(Thread&,
                                                                                    Instruction);
template void LockSubject<BasicMutex<tested::RawMeteredMutex, Data>>::run_section(Thread&,
                                                                                  Instruction);

}  // namespace parking_lot::fuzz
