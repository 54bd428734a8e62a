// SPDX-License-Identifier: MIT
// libFuzzer's names and labels of locks.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "fuzz/labels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace parking_lot::fuzz;
    const std::string wrong =
        check_exposition(read_named_locks({reinterpret_cast<const char*>(data), size}));
    if (wrong.empty()) return 0;
    std::cerr << wrong << '\n';
    std::abort();
}
