# SPDX-License-Identifier: MIT
# parking_lot_warnings: warnings as errors, for our own programs only.
add_library(parking_lot_warnings INTERFACE)
target_compile_options(parking_lot_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror)
