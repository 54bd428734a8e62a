#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles every header, and programs that use them, by another compiler:
#   compile_with.sh <repository> <compiler> <option>...
set -euo pipefail

repository=$1
compile=("${@:2}" -fsyntax-only -I "$repository/include" -I "$repository/tests" -DWITH_METERED=0
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror)

if ! command -v "$2" >/dev/null; then
    echo "Skipped: $2 is not installed (.ci/install cross)."
    exit 77
fi

# All but the alternatives of each other, and those that need other libraries.
everything() {
    sed -n 's|^ *include/\(parking_lot/.*\)$|#include "\1"|p' "$repository/cmake/headers.cmake" |
        grep -v '/platform/\|lot/prometheus'
}

everything | "${compile[@]}" -std=c++20 -x c++ -
everything | "${compile[@]}" -std=c++2b -fno-exceptions -fno-rtti -x c++ -
for program in plain_code/plain_code mutex_test condvar_test; do
    "${compile[@]}" -std=c++20 "$repository/tests/$program.cpp"
done
