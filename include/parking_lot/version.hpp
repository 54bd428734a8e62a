// SPDX-License-Identifier: MIT
// The version of parking_lot, written once: the build reads it from here.
#pragma once

#define PARKING_LOT_VERSION_MAJOR 0
#define PARKING_LOT_VERSION_MINOR 1
#define PARKING_LOT_VERSION_PATCH 0
