# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For test scripts that compile programs of their own:  source "$(dirname "${BASH_SOURCE[0]}")/../support/scratch.sh"
# Sets `sources`, where the calling script lies.
# shellcheck disable=SC2034 # sources is read there
sources=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)

# skip <why>: ends the test, neither passed nor failed.
skip() {
    echo "Skipped: $1"
    exit 77
}

# enter_scratch <compiler>: goes to a new `directory`, which is removed at the end; skips the test without the compiler.
enter_scratch() {
    command -v "$1" >/dev/null || skip "this needs $1, which is not installed."
    directory=$(mktemp -d)
    trap 'rm -rf "$directory"' EXIT
    cd "$directory"
}
