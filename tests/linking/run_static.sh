#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs a static executable, at a fixed address and at any:
#   run_static.sh <include directory> <compiler>
set -euo pipefail

readonly kSkipped=77
include=$1
compiler=$2
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if ! command -v "$compiler" >/dev/null; then
    echo "Skipped: this needs $compiler, which is not installed."
    exit $kSkipped
fi

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

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
