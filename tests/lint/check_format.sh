#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The layout of all C++ is clang-format's: check_format.sh <repository>
set -euo pipefail
cd "$1"

if ! command -v clang-format-19 >/dev/null; then
    echo "Skipped: the layout is checked with clang-format-19, which is not installed."
    exit 77
fi
find include tests bench -name '*.hpp' -o -name '*.cpp' | xargs clang-format-19 --dry-run -Werror
