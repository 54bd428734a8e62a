#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rules for files that no compiler checks: check_headers.sh <repository>
#   every file names its licence; headers are short, listed in cmake/headers.cmake, and include only the same layer of
#   the architecture or a lower one
set -euo pipefail
cd "$1"

readonly kMostLines=400

# The first pattern that fits a header gives its layer.
readonly kLayers=(
    "0 detail/config.hpp detail/origin.hpp detail/stack_trace.hpp detail/thread_safety.hpp deadline.hpp version.hpp"
    "1 detail/platform.hpp detail/platform/* detail/spin.hpp detail/checked.hpp detail/lock_identity.hpp detail/lock_order.hpp detail/thread_id.hpp"
    "2 detail/bucket.hpp detail/lock_graph.hpp detail/module.hpp detail/queue.hpp detail/table.hpp detail/thread_record.hpp detail/waiter.hpp"
    "3 core.hpp"
    "5 detail/held_lock.hpp detail/parking_condvar.hpp detail/prometheus_labels.hpp detail/std_condvar.hpp"
    "4 raw_*.hpp std_*.hpp detail/*"
    "6 parking_lot.hpp"
    "5 *"
)

status=0
complain() {
    echo "$1"
    status=1
}

layer_of() {
    local layer pattern
    for entry in "${kLayers[@]}"; do
        read -ra patterns <<<"$entry"
        layer=${patterns[0]}
        for pattern in "${patterns[@]:1}"; do
            # shellcheck disable=SC2053  # a pattern
            if [[ $1 == $pattern ]]; then
                echo "$layer"
                return
            fi
        done
    done
}

check_header() {
    local name=${1#include/parking_lot/} lines layer included
    lines=$(wc -l <"$1")
    ((lines <= kMostLines)) || complain "$1 has $lines lines; the most is $kMostLines."
    grep -qx '#pragma once' "$1" || complain "$1 lacks #pragma once."
    grep -qxF "    $1" cmake/headers.cmake || complain "$1 is not listed in cmake/headers.cmake."
    layer=$(layer_of "$name")
    while read -r included; do
        (($(layer_of "$included") <= layer)) ||
            complain "$1 (layer $layer) includes $included (layer $(layer_of "$included"))."
    done < <(sed -n 's|^#include "parking_lot/\(.*\)"$|\1|p' "$1")
}

set -f # the patterns are not for files
while read -r header; do
    check_header "$header"
done < <(find include -name '*.hpp' | sort)

while read -r header; do
    [[ -e $header ]] || complain "cmake/headers.cmake lists $header, which does not exist."
done < <(sed -n 's/^ *\(include\/.*\)$/\1/p' cmake/headers.cmake)

while read -r file; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' ||
        complain "$file does not name its licence in the first line."
done < <(find include tests bench cmake .ci CMakeLists.txt -type f \
    ! -name '*.json' ! -name '*.in' ! -name '*.md' ! -path '*/.cargo/*')

exit $status
