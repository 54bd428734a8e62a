// SPDX-License-Identifier: MIT
// A shared library that holds its lock across fork, as allocators and loggers do.
#pragma once

#include "parking_lot/raw_mutex.hpp"

parking_lot::RawMutex& lock_held_across_fork();
