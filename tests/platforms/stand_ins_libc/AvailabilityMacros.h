// SPDX-License-Identifier: MIT
// Stands in for the header of macOS, of which the standard library needs no more than that it
// exists.
#pragma once
