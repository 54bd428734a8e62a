// SPDX-License-Identifier: MIT
// Instantiates every member of every type, used elsewhere or not. Compiled, also without exceptions
// and run-time type information; nothing here is run.
#include <memory>
#include <string>

#include "parking_lot/metered.hpp"
#include "parking_lot/metrics.hpp"
#include "parking_lot/parking_lot.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {

#define PARKING_LOT_INSTANTIATE(Raw, T)                                                  \
    template class BasicMutex<Raw, T>;                                                   \
    template class Guard<BasicMutex<Raw, T>*, detail::ExclusiveMode, T>;                 \
    template class Guard<const BasicMutex<Raw, T>*, detail::ExclusiveMode, const T>;     \
    template class Guard<Raw*, detail::ExclusiveMode, T>;                                \
    template class Guard<std::shared_ptr<BasicMutex<Raw, T>>, detail::ExclusiveMode, T>; \
    template class Guard<std::shared_ptr<Raw>, detail::ExclusiveMode, T>

template class BasicRawMutex<policy::Barging, std::uint8_t>;
template class BasicRawMutex<policy::Barging, std::uint32_t>;
template class BasicRawMutex<policy::Fifo, std::uint8_t>;
template class BasicRawMutex<policy::Fifo, std::uint32_t>;

PARKING_LOT_INSTANTIATE(RawMutex, int);
PARKING_LOT_INSTANTIATE(RawWordMutex, std::string);
PARKING_LOT_INSTANTIATE(RawFairMutex, std::unique_ptr<int>);
PARKING_LOT_INSTANTIATE(RawFairWordMutex, double);
PARKING_LOT_INSTANTIATE(RawStdMutex, int);
PARKING_LOT_INSTANTIATE(RawMetered<RawWordMutex>, int);

#undef PARKING_LOT_INSTANTIATE

#define PARKING_LOT_INSTANTIATE(Raw, T)                                                          \
    template class BasicRwLock<Raw, T>;                                                          \
    template class Guard<const BasicRwLock<Raw, T>*, detail::SharedMode, const T>;               \
    template class Guard<BasicRwLock<Raw, T>*, detail::ExclusiveMode, T>;                        \
    template class Guard<BasicRwLock<Raw, T>*, detail::UpgradableMode, const T>;                 \
    template class Guard<std::shared_ptr<BasicRwLock<Raw, T>>, detail::UpgradableMode, const T>; \
    template class Guard<Raw*, detail::SharedMode, const T>

template class BasicRawRwLock<policy::TaskFair>;
template class BasicRawRwLock<policy::ReaderPreferring>;
template class BasicRawRwLock<policy::WriterPreferring>;

PARKING_LOT_INSTANTIATE(RawRwLock, int);
PARKING_LOT_INSTANTIATE(RawReaderPreferringRwLock, std::string);
PARKING_LOT_INSTANTIATE(RawWriterPreferringRwLock, std::unique_ptr<int>);
PARKING_LOT_INSTANTIATE(RawStdRwLock, int);
PARKING_LOT_INSTANTIATE(RawMetered<RawRwLock>, int);

#undef PARKING_LOT_INSTANTIATE

template class BasicRawReentrantMutex<RawWordMutex>;
template class BasicRawReentrantMutex<RawStdMutex>;
template class BasicMutex<RawReentrantMutex, int>;
template class RawMetered<RawWordMutex>;
template class RawMetered<RawFairMutex>;
template class RawMetered<RawRwLock>;
template class RawMetered<RawStdMutex>;
template class RawMetered<RawStdRwLock>;
template class BasicMutex<metered::RawReentrantMutex, int>;
template class OnceCell<std::string>;

}  // namespace parking_lot::inline PARKING_LOT_ABI
