#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs a static executable, at a fixed address and at any:
#   run_static.sh <include directory> <compiler>
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/scratch.sh"

include=$1
compiler=$2
enter_scratch "$compiler"

"$compiler" -std=c++20 -O1 -fPIE -pthread -I "$include" -c "$sources/static_host.cpp"
for way in -static -static-pie; do
    "$compiler" -pthread "$way" static_host.o -o host 2>linker.log || { cat linker.log && exit 1; }
    if [[ -s linker.log ]]; then
        cat linker.log
        echo "FAILED: the linker warns."
        exit 1
    fi
    ./host
done
