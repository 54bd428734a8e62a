// SPDX-License-Identifier: MIT
// Runs a program on threads.
#pragma once

#include <chrono>
#include <string>

#include "fuzz/program.hpp"

namespace parking_lot::fuzz {

/// Runs it once, and says which promise was broken; empty if none was. If threads are stuck for
/// `patience`, prints the program, and where they are parked, and aborts.
[[nodiscard]] std::string run(const Program& program,
                              std::chrono::seconds patience = std::chrono::seconds{60});

}  // namespace parking_lot::fuzz
