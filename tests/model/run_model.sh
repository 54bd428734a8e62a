#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks <model>.pml with spin: run_model.sh <model> holds|caught:<message> <memory in MB> [-D<switch>]...
#   holds             every reachable state is searched and none is wrong
#   caught:<message>  a mutant: spin must find an error whose report contains <message>
set -euo pipefail

readonly kSkipped=77
model=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$1.pml
expected=$2
memory=$3
shift 3

for tool in spin gcc; do
    if ! command -v "$tool" >/dev/null; then
        echo "Skipped: the model needs $tool, which is not installed (apt-get install $tool)."
        exit $kSkipped
    fi
done

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

spin "$@" -a "$model" >spin.log || { cat spin.log; exit 1; }
# SAFETY: assertions and invalid end states are all that is asked. COLLAPSE: a third of the memory, for the large searches;
# it takes half as long again.
switches=(-w -DSAFETY -DMEMLIM="$memory")
((memory <= 4000)) || switches+=(-DCOLLAPSE)
optimize=-Og # beyond that, compiling takes longer than the search; and a mutant is found sooner than that
[[ $expected == holds ]] || optimize=-O0
gcc "$optimize" "${switches[@]}" -o pan pan.c

# pan ends with 0 whatever it finds. A table of 2^24 slots suits all sizes; it grows if it has to.
./pan -m1000000 -w24 >pan.log || true
grep -E '^pan:1|errors:|states, stored|total actual memory|elapsed' pan.log || cat pan.log

fail() {
    echo "FAILED: $1"
    exit 1
}

case $expected in
    holds)
        if grep -q '^pan:1: [ai]' pan.log; then # an assertion, or an invalid end state
            echo "The end of a run that fails, as spin replays it:"
            spin "$@" -k ./*.trail -p -l -g "$model" | tail -n 150 || true
            fail "the protocol does not hold."
        fi
        if ! grep -q 'errors: 0' pan.log ||
            grep -qE 'Search not completed|max search depth too small|out of memory' pan.log; then
            cat pan.log
            fail "the search was cut short, so it proves nothing."
        fi
        ;;
    caught:*)
        grep -q '^pan:1' pan.log || fail "the mutant was not caught: the model cannot see this bug."
        grep '^pan:1' pan.log | grep -qF "${expected#caught:}" ||
            fail "the mutant was caught, but not by \"${expected#caught:}\"."
        ;;
    *) fail "unknown expectation \"$expected\"." ;;
esac
