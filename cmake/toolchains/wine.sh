#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a Windows program: wine.sh <program> [argument]...
export WINEPREFIX="${WINEPREFIX:-$(cd "$(dirname "$0")/../.." && pwd)/build/wine}"
export WINEDEBUG="${WINEDEBUG:--all}"
# Without these it would offer to download parts that no test needs.
export WINEDLLOVERRIDES="${WINEDLLOVERRIDES:-mscoree=;mshtml=}"
mkdir -p "$WINEPREFIX"
# Wine's server and services stay for a minute after the last program: with them at hand one starts in a fiftieth of the
# time. The first to come starts them; where they run already, wineserver fails. They must not keep the caller's output
# open, nor the lock.
exec 9>"$WINEPREFIX.lock"
flock 9
if wineserver -p60 </dev/null >/dev/null 2>&1 9>&-; then
    wine wineboot </dev/null >/dev/null 2>&1 9>&-
fi
exec 9>&-
exec wine "$@"
