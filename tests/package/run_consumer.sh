#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs a small program that gets the library in one of the ways that README names:
#   run_consumer.sh <repository> <compiler> <version> <way>
#   way: find_package, wrong_version, add_subdirectory, include, pkg_config, prometheus
set -euo pipefail

repository=$1
compiler=$2
version=$3
way=$4
sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export CMAKE_GENERATOR=Ninja CXX=$compiler

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

fail() {
    echo "FAILED: $1"
    exit 1
}

# install_library <prefix> <cmake option>...
install_library() {
    cmake -S "$repository" -B library -DPARKING_LOT_BUILD_TESTS=OFF "${@:2}"
    cmake --install library --prefix "$1"
}

# configure_consumer <project> <cmake option>...
configure_consumer() {
    cmake -S "$sources/$1" -B consumer -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "${@:2}"
}

build_consumer() {
    configure_consumer "$@"
    cmake --build consumer
    if grep -nE -- ' -(W|O|g|fsanitize)|gtest' consumer/compile_commands.json; then
        fail "the consumer got flags of our tests."
    fi
}

# Runs the program, which must have the locks that are wanted.
expect_locks() {
    [[ $("$1") == "$2" ]] || fail "the program does not run $2."
}

check_find_package() {
    install_library "$directory/plain"
    build_consumer find_package -DCMAKE_PREFIX_PATH="$directory/plain" -DWANTED_VERSION="${version%.*}"
    expect_locks consumer/program "over parking_lot"
    rm -r consumer library

    # A switch is installed with the package; the tree may be moved after that.
    install_library "$directory/before" -DPARKING_LOT_USE_STD=ON
    mv before moved
    build_consumer find_package -DCMAKE_PREFIX_PATH="$directory/moved"
    expect_locks consumer/program "over std::mutex"
}

check_wrong_version() {
    local major minor
    IFS=. read -r major minor _ <<<"$version"
    install_library "$directory/prefix"
    for wanted in "$major.$((minor + 1))" "$((major + 1)).0" "$version.1"; do
        if configure_consumer find_package -DCMAKE_PREFIX_PATH="$directory/prefix" \
            -DWANTED_VERSION="$wanted" >wrong.log 2>&1; then
            fail "version $version was taken for $wanted."
        fi
        # CMake breaks its lines anywhere.
        tr -s ' \n' ' ' <wrong.log | grep -F "compatible with requested version \"$wanted\"" ||
            fail "the message does not say which version was wanted."
        grep -F "version: $version" wrong.log || fail "the message does not say which version there is."
    done
}

check_add_subdirectory() {
    # Not even looked for: what only our tests and benchmarks need.
    build_consumer add_subdirectory -DPARKING_LOT="$repository" \
        -DCMAKE_DISABLE_FIND_PACKAGE_GTest=ON -DCMAKE_DISABLE_FIND_PACKAGE_benchmark=ON
    expect_locks consumer/program "over parking_lot"
    ctest --test-dir consumer -N | grep -F 'Total Tests: 0' || fail "the consumer got our tests."
    cmake --install consumer --prefix "$directory/prefix"
    [[ ! -e prefix ]] || fail "the consumer installs our files."
    rm -r consumer

    build_consumer add_subdirectory -DPARKING_LOT="$repository" -DPARKING_LOT_USE_STD=ON
    expect_locks consumer/program "over std::mutex"
}

check_include() {
    "$compiler" -std=c++20 -I "$repository/include" "$sources/program.cpp" -o program
    expect_locks ./program "over parking_lot"
    "$compiler" -std=c++20 -DPARKING_LOT_USE_STD=1 -I "$repository/include" "$sources/program.cpp" -o program
    expect_locks ./program "over std::mutex"
}

check_pkg_config() {
    install_library "$directory/plain"
    install_library "$directory/std" -DPARKING_LOT_USE_STD=ON
    mv plain moved
    local -A locks=([moved]="over parking_lot" [std]="over std::mutex")
    for prefix in "${!locks[@]}"; do
        export PKG_CONFIG_PATH=$directory/$prefix/share/pkgconfig
        [[ $(pkg-config --modversion parking_lot) == "$version" ]] || fail "the version is not $version."
        # shellcheck disable=SC2046  # it prints words
        "$compiler" -std=c++20 "$sources/program.cpp" $(pkg-config --cflags --libs parking_lot) -o program
        expect_locks ./program "${locks[$prefix]}"
    done
}

# Runs the program, which must print the metrics of its lock.
expect_metrics() {
    "$1" | grep -xF 'parking_lot_lock_acquisitions_total{lock="number",mode="exclusive"} 1' ||
        fail "the program does not print its metrics."
}

# expect_refusal <sentence> <cmake option>...: the consumer is told why it cannot be configured.
expect_refusal() {
    rm -rf consumer
    if configure_consumer prometheus "${@:2}" >refusal.log 2>&1; then
        fail "the consumer was configured."
    fi
    # CMake breaks its lines anywhere.
    tr -s ' \n' ' ' <refusal.log | grep -F "$1" || fail "the message does not say: $1"
}

# The component, with and without prometheus-cpp.
check_prometheus() {
    local missing="parking_lot::prometheus needs prometheus-cpp, which is not installed (apt install prometheus-cpp-dev)."
    local without=-DCMAKE_DISABLE_FIND_PACKAGE_prometheus-cpp=ON
    local package=-DCMAKE_PREFIX_PATH=$directory/prefix

    install_library "$directory/prefix" "$without"
    expect_refusal "$missing" "$package" -DCOMPONENT=prometheus "$without"
    expect_refusal "PARKING_LOT_PROMETHEUS is ON, but $missing" \
        -DPARKING_LOT="$repository" -DPARKING_LOT_PROMETHEUS=ON "$without"
    expect_refusal "parking_lot has no component graphite; it has prometheus." "$package" -DCOMPONENT=graphite
    rm -r consumer
    build_consumer find_package "$package" "$without" # which does not ask for the component

    if ! pkg-config --exists prometheus-cpp-pull; then
        echo "Skipped: the rest needs prometheus-cpp, which is not installed."
        exit 77
    fi
    rm -r consumer
    build_consumer prometheus "$package" -DCOMPONENT=prometheus
    expect_metrics consumer/program
    rm -r consumer
    build_consumer prometheus -DPARKING_LOT="$repository" -DPARKING_LOT_PROMETHEUS=ON
    expect_metrics consumer/program
    export PKG_CONFIG_PATH=$directory/prefix/share/pkgconfig
    # shellcheck disable=SC2046  # it prints words
    "$compiler" -std=c++20 "$sources/prometheus/program.cpp" \
        $(pkg-config --cflags --libs parking_lot prometheus-cpp-pull) -o program
    expect_metrics ./program
}

"check_$way"
