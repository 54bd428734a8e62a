#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A program whose parts were built with different switches must not come to run:
#   run_mix.sh <include directory> <compiler> link <switch>     two translation units: refused by the linker
#   run_mix.sh <include directory> <compiler> load <switch>     executable and plugin: refused when it is loaded
#   run_mix.sh <include directory> <compiler> load version      the same, with another version of the library
#   run_mix.sh <include directory> <compiler> orders <switch>   whichever modules they are, and whichever comes first
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/scratch.sh"

include=$1
compiler=$2
how=$3
difference=$4
enter_scratch "$compiler"

fail() {
    echo "FAILED: $1"
    exit 1
}

# compile <output> <source> <option>...
compile() {
    "$compiler" -std=c++20 -O1 -fPIC -pthread -c "$2" -o "$1" "${@:3}"
}

link_is_refused() {
    if "$compiler" -pthread "$@" -o refused 2>linker.log; then fail "$* link with each other."; fi
    cat linker.log
    grep -q 'parking_lot_must_be_configured_the_same_everywhere' linker.log ||
        fail "the linker does not say why."
}

check_link() {
    for unit in main count_up; do
        compile "$unit.without.o" "$sources/$unit.cpp" -I "$include"
        compile "$unit.with.o" "$sources/$unit.cpp" -I "$include" "-D$difference=1"
    done
    "$compiler" -pthread main.with.o count_up.with.o -o same
    ./same
    link_is_refused main.with.o count_up.without.o
    link_is_refused main.without.o count_up.with.o
    link_is_refused count_up.with.o main.without.o
}

check_load() {
    local other=(-I "$include" "-D$difference=1")
    if [[ $difference == version ]]; then
        cp -r "$include" next_version
        sed -i 's/ v0_##/ v9_##/' next_version/parking_lot/detail/config.hpp
        other=(-I next_version)
    fi
    compile plugin.o "$sources/../linking/plugin.cpp" "${other[@]}"
    compile host.o "$sources/../linking/host_uses_library.cpp" -I "$include"
    "$compiler" -pthread -shared plugin.o -o plugin.so
    "$compiler" -pthread host.o -ldl -o host
    is_refused plugin.so host 'v[0-9_]+' ./host ./plugin.so
}

# is_refused <one module> <the other> <its ABI> <command>...
is_refused() {
    if "${@:4}" 2>message.log; then fail "$1 was loaded beside $2."; fi
    cat message.log
    grep -qE "^parking_lot: .*$1 was built with parking_lot ABI v[0-9_]+, but .*$2 with ABI $3; build the whole program with one version" \
        message.log || fail "the message does not name the two modules and their ABIs."
}

check_orders() {
    # One whose note cannot be understood, nor can it understand that of others.
    cp -r "$include" other_layout
    sed -i -e 's/"\.long 1\\n"  /"\.long 2\\n"  /' -e 's/kNoteType = 1;/kNoteType = 2;/' \
        other_layout/parking_lot/detail/platform/elf_modules.hpp
    local linking=$sources/../linking host
    compile one.o "$linking/plugin.cpp" -I "$include"
    compile other.o "$linking/plugin.cpp" -I "$include" "-D$difference=1"
    compile strange.o "$linking/plugin.cpp" -I other_layout
    for plugin in one other strange; do "$compiler" -pthread -shared $plugin.o -o $plugin.so; done
    cp one.so same.so
    for host in host_uses_library host_without_library; do
        compile $host.o "$linking/$host.cpp" -I "$include"
        "$compiler" -pthread $host.o -ldl -o $host
    done

    local known='v[0-9_]+' unknown='\(unknown.*\)'
    is_refused other.so host_uses_library "$known" ./host_uses_library ./other.so
    is_refused other.so one.so "$known" ./host_without_library ./one.so ./other.so
    is_refused one.so other.so "$known" ./host_without_library ./other.so ./one.so
    is_refused one.so strange.so "$unknown" ./host_without_library ./strange.so ./one.so
    is_refused strange.so one.so "$unknown" ./host_without_library ./one.so ./strange.so
    # While other threads contend, load and unload.
    is_refused other.so "(host_uses_library|(one|same)\.so)" "$known" \
        ./host_uses_library ./one.so ./one.so ./same.so ./other.so
    # Linked in: its constructor comes before the executable's.
    "$compiler" -pthread host_uses_library.o -Wl,--no-as-needed ./other.so -ldl -o linked
    is_refused other.so linked "$known" ./linked
}

"check_$how"
