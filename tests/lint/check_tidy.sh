#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# clang-tidy over all headers in one configuration: check_tidy.sh <repository> [-D<switch>]
set -euo pipefail
cd "$1"
shift

if ! command -v clang-tidy-19 >/dev/null; then
    echo "Skipped: this check needs clang-tidy-19, which is not installed."
    exit 77
fi
unit=$(mktemp --suffix=.cpp)
trap 'rm -f "$unit"' EXIT
echo '#include "parking_lot/parking_lot.hpp"' >"$unit"
clang-tidy-19 --quiet --config-file=.clang-tidy --header-filter='include/parking_lot/' --warnings-as-errors='*' \
    "$unit" -- -std=c++20 -I include "$@"
