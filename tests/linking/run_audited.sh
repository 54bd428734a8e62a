#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs executables that use the library and that do not beside an LD_AUDIT library that does:
#   run_audited.sh <include directory> <compiler>
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/scratch.sh"

include=$1
compiler=$2
enter_scratch "$compiler"

compile=("$compiler" -std=c++20 -O1 -fPIC -pthread -I "$include")
for checked in 0 1; do
    "${compile[@]}" -DPARKING_LOT_CHECKED=$checked -shared "$sources/auditor.cpp" -o auditor.so
    "${compile[@]}" -DPARKING_LOT_CHECKED=$checked -pie "$sources/audited.cpp" -o audited
    LD_AUDIT=$directory/auditor.so ./audited
    LD_AUDIT=$directory/auditor.so true
done
