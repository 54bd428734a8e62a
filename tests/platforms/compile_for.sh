#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compiles the library for a system that is not here: compile_for.sh <repository> <target> <directory for the object>
# Its C headers are musl's, with stand-ins for what musl lacks. So this shows that our code is well-formed there and calls
# what it should, not that it works.
set -euo pipefail

repository=$1
target=$2
object=$3/$target.o
here=$repository/tests/platforms

skip() {
    echo "Skipped: $1"
    exit 77
}

command -v clang++-19 >/dev/null || skip "clang++-19 is not installed (.ci/install cross)."
standard_library=/usr/lib/llvm-19/include/c++/v1
[[ -e $standard_library/version ]] || skip "libc++ is not installed (.ci/install cross)."
musl=/usr/include/x86_64-linux-musl
[[ -e $musl/stdio.h ]] || skip "musl's headers are not installed (.ci/install cross)."

case $target in
    *-macos14.4)
        platform_headers=(macos_sync mach_o_modules)
        calls=(_os_sync_wait_on_address _os_sync_wait_on_address_with_timeout _os_sync_wake_by_address_any
            _getsectiondata _pthread_atfork)
        ;;
    *-macos*)
        platform_headers=(generic mach_o_modules)
        calls=(_getsectiondata _pthread_atfork)
        ;;
    *-freebsd*)
        platform_headers=(freebsd_umtx elf_modules)
        calls=(_umtx_op dl_iterate_phdr pthread_atfork)
        ;;
esac

compile=(clang++-19 "--target=$target" -std=c++20 -O0
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Werror
    -D_GNU_SOURCE -nostdinc -nostdinc++ -include "$here/stand_ins_libc/definitions.h"
    -isystem "$standard_library" -isystem "$(clang++-19 -print-resource-dir)/include"
    -isystem "$here/stand_ins_libc" -isystem "$here/stand_ins" -isystem "$musl" -I "$repository/include")

for header in "${platform_headers[@]}"; do
    "${compile[@]}" -x c++ -fsyntax-only - <<<"#include \"parking_lot/detail/platform/$header.hpp\""
done
"${compile[@]}" -c "$repository/tests/instantiate.cpp" -o "$object"

symbols=$(llvm-nm-19 --undefined-only --just-symbol-name "$object")
for call in "${calls[@]}"; do
    grep -qx -- "$call" <<<"$symbols" || {
        echo "FAILED: the code for $target does not call $call."
        exit 1
    }
done
