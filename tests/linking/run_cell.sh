#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds a host and four plugins in one way of linking, and runs them:
#   run_cell.sh <include directory> <compiler> default|hidden plain|checked|rdynamic|gc-sections|lto|bsymbolic <host>
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/scratch.sh"

include=$1
compiler=$2
visibility=$3
mode=$4
host=$5
enter_scratch "$compiler"

compile=("$compiler" -std=c++20 -O1 -fPIC -pthread -fvisibility="$visibility" -I "$include")
link_plugin=("$compiler" -shared -pthread)
link_host=("$compiler" -pthread)
case $mode in
    plain) ;;
    checked) compile+=(-DPARKING_LOT_CHECKED=1) ;;
    rdynamic) link_host+=(-rdynamic) ;;
    gc-sections)
        compile+=(-ffunction-sections -fdata-sections)
        link_plugin+=(-Wl,--gc-sections)
        link_host+=(-Wl,--gc-sections)
        ;;
    lto)
        compile+=(-flto)
        link_plugin+=(-flto -O1)
        link_host+=(-flto -O1)
        if [[ $compiler == *clang* ]]; then
            command -v ld.lld-19 ld.lld >/dev/null ||
                skip "Clang's LTO needs lld, which is not installed (apt-get install lld-19)."
            link_plugin+=(-fuse-ld=lld)
            link_host+=(-fuse-ld=lld)
        fi
        ;;
    bsymbolic) link_plugin+=(-Wl,-Bsymbolic) ;;
    *) echo "There is no way of linking called \"$mode\"." && exit 1 ;;
esac

"${compile[@]}" -c "$sources/plugin.cpp" "$sources/$host.cpp"
"${link_plugin[@]}" plugin.o -o a.so
for copy in b c d; do cp a.so $copy.so; done
"${link_host[@]}" "$host.o" -ldl -o host

# Symbols that are unique in the process, GCC's default for inline variables, keep a module from ever being unloaded.
# Those of the table's lock would be bound by the loader while it is held.
if nm -DC a.so | grep -E ' u parking_lot::|::BucketLock::'; then
    echo "FAILED: the module exports these."
    exit 1
fi
./host ./a.so ./b.so ./c.so ./d.so
