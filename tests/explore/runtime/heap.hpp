// SPDX-License-Identifier: MIT
// Heap: where the shared objects of a scenario are, and what its threads allocate.
#pragma once

#include <cstddef>

namespace explore {

/// Zeroed memory, apart from all other. At the same address in every run of the program, as
/// addresses decide about buckets.
[[nodiscard]] void* allocate(std::size_t size);

/// Takes all of it back, for the next schedule.
void reset_heap();

}  // namespace explore
