#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Looks at a stuck program with the gdb script, live and as a core file: run_gdb.sh <gdb script> <program>
# default|checked, the configuration the program is compiled in.
set -euo pipefail

script=$1
program=$2
configuration=$3

skip() {
    printf 'SKIPPED, the gdb script is NOT tested: %s\n' "$1"
    exit 77
}

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
core=$directory/core
output=$directory/output

command -v gdb >/dev/null || skip "gdb is not installed."
gdb -nx -batch -ex 'python print("python" + "works")' 2>&1 | grep -q pythonworks || skip "this gdb has no Python."
gdb -nx -batch -ex run true 2>&1 | grep -q 'exited normally' || skip "gdb may not trace processes here."

# in_gdb <argument>...
in_gdb() {
    gdb -nx -batch -iex 'set debuginfod enabled off' "$@" >"$output" 2>&1
    echo "==== gdb $*"
    cat "$output"
}

# In checked builds an inversion is reported, and the program goes on to the deadlock.
export PARKING_LOT_LOCK_ORDER=report

failed=0
# expect <line>: a regular expression for a whole line; \A stands for an address.
expect() {
    local line=${1//\\A/0x[0-9a-f]+}
    grep -qE "^$line\$" "$output" || { echo "MISSING: $1" && failed=1; }
}

# expect_waiter <what> <lock> <function>
expect_waiter() {
    expect "[0-9]+\.[0-9]{3} s +[0-9]+ \(LWP [0-9]+\) +\\A <\(anonymous namespace\)::$2> +$1 +\(anonymous namespace\)::$3 \(stuck.cpp:[0-9]+\)"
}

# expect_lock <lock> <state> <waiter> <owner>
expect_lock() {
    expect "\\A <\(anonymous namespace\)::$1> +$2 +$3 \(LWP [0-9]+\).* +$4"
}

expect_commands() {
    expect_waiter mutex savings transfer
    expect_waiter mutex checking transfer
    expect_waiter 'RwLock, to read' prices read_prices
    expect_waiter 'RwLock, to write: for its readers' prices write_prices
    expect_waiter mutex 'registry \+ [0-9]+' use_registry
    expect_waiter Condvar not_empty wait_for_work
    expect_waiter Once set_up wait_for_set_up
    expect_waiter core::park own_lock wait_for_own_lock

    expect_lock savings 'locked, threads may wait, hot' 3 "2 \(LWP [0-9]+\): $1"
    expect_lock checking 'locked, threads may wait, hot' 2 "3 \(LWP [0-9]+\): $1"
    expect_lock prices 'claimed by a writer, 1 reader, threads may wait, hot, writer sleeps' 4 '1 \(LWP [0-9]+\): guard in .*'
    expect_lock 'registry \+ [0-9]+' 'locked, threads may wait, hot' 6 '1 \(LWP [0-9]+\): .*'
    expect_lock set_up 'in progress, threads may wait' 9 "$2"
    if [[ $configuration == default ]]; then
        expect_lock taken_twice 'locked, threads may wait, hot' 10 '10 \(LWP [0-9]+\): guard in .*take_twice'
        expect 'Deadlock: thread 10 waits for \A <\(anonymous namespace\)::taken_twice>, held by thread 10\.'
    fi
    expect 'Deadlock: thread 2 waits for \A <\(anonymous namespace\)::checking>, held by thread 3; thread 3 waits for \A <\(anonymous namespace\)::savings>, held by thread 2\.'
}

expect_values() {
    expect '\$1 = Mutex: locked, threads may wait, hot = \{data = \{balance = 100\}\}'
    expect "\\\$2 = Mutex: locked = \{data = 115 's'\}"
    expect '\$3 = Mutex: free = \{data = 7\}'
    expect '\$4 = RwLock: claimed by a writer, 1 reader, threads may wait, hot, writer sleeps = \{data = 42\}'
    expect '\$5 = ReentrantMutex: locked, threads may wait, hot; 2 deep, by thread 1 = \{data = 3\}'
    expect '\$6 = Condvar: threads wait'
    expect '\$7 = Once: in progress, threads may wait'
    expect '\$8 = OnceCell: done = \{value = 11\}'
    expect '\$9 = Lazy: done = \{value = 5\}'
    expect "\\\$10 = Guard: locks \\A = \{data = 109 'm'\}"
    expect '\$11 = Guard: reads \A = \{data = 42\}'
    expect '\$12 = Guard: empty'
}

commands=(-ex 'parking-lot waiters' -ex 'parking-lot held' -ex 'frame function main')
for value in savings small fair prices registry not_empty set_up cell lazy '*a_guard' '*a_reader' '*an_empty_guard'; do
    commands+=(-ex "print $value")
done

# How the owner of a mutex and of a once is known.
mutex_owner='guard in .*transfer'
once_owner='not known'
if [[ $configuration == checked ]]; then
    mutex_owner='noted in the lock'
    once_owner='1 \(LWP [0-9]+\): noted in the lock'
fi

in_gdb -x "$script" -ex run "${commands[@]}" -ex "generate-core-file $core" "$program"
if [[ $configuration == checked ]]; then
    expect 'parking_lot: lock-order inversion \(parking_lot::RawMutex at \A \(made at .*stuck.cpp:[0-9]+\)\)\.'
    expect 'parking_lot: deadlock of 2 threads'
else
    expect 'parking_lot: deadlocks can only be found in a program that is compiled with PARKING_LOT_CHECKED=1 .*'
fi
expect_commands "$mutex_owner" "$once_owner"
expect_values

in_gdb -x "$script" -ex "core-file $core" "${commands[@]}" "$program"
expect 'When this was is not known.*'
expect_commands "$mutex_owner" "$once_owner"
expect_values

in_gdb -x "$script" -ex 'break main' -ex run -ex 'parking-lot waiters' -ex 'parking-lot held' "$program"
expect 'No thread is parked\.'
exit $failed
