// SPDX-License-Identifier: MIT
// What a scenario may change of the simulated operating system.
#pragma once

namespace explore {

/// Whether membarrier is allowed. A sandbox may forbid it from some moment on.
extern constinit bool membarrier_works;

}  // namespace explore
