# SPDX-License-Identifier: MIT
# bench_peers: every peer found, as BENCH_HAVE_<PEER>=0 or 1, and the apt packages that have it as
# BENCH_PACKAGES_<PEER>; a missing one is named here and by `compare`.
add_library(bench_peers INTERFACE)

# add_peer(<NAME> <found> <apt packages> <library>...)
function(add_peer name found packages)
    set(have 0)
    if(found)
        set(have 1)
        target_link_libraries(bench_peers INTERFACE ${ARGN})
    else()
        message(STATUS "bench: peer ${name} not found, left out (apt install ${packages})")
    endif()
    target_compile_definitions(bench_peers INTERFACE
        BENCH_HAVE_${name}=${have} "BENCH_PACKAGES_${name}=\"${packages}\"")
endfunction()

find_package(absl QUIET CONFIG)
add_peer(ABSL "${absl_FOUND}" libabsl-dev absl::synchronization)

find_package(TBB QUIET CONFIG)
add_peer(TBB "${TBB_FOUND}" libtbb-dev TBB::tbb)

find_package(Boost QUIET COMPONENTS thread)
add_peer(BOOST "${Boost_THREAD_FOUND}" libboost-thread-dev Boost::thread)

find_path(NSYNC_INCLUDE_DIR nsync.h)
find_library(NSYNC_LIBRARY nsync_cpp)
set(nsync_found OFF)
if(NSYNC_INCLUDE_DIR AND NSYNC_LIBRARY)
    set(nsync_found ON)
    target_include_directories(bench_peers SYSTEM INTERFACE ${NSYNC_INCLUDE_DIR})
endif()
add_peer(NSYNC ${nsync_found} libnsync-dev ${NSYNC_LIBRARY})

# Rust's parking_lot as Debian packages it: no network, any cargo since 1.63.
find_program(CARGO cargo HINTS $ENV{HOME}/.cargo/bin)
file(GLOB rust_parking_lot /usr/share/cargo/registry/parking_lot-0.12.*)
set(rust_found OFF)
if(CARGO AND rust_parking_lot)
    set(rust_found ON)
    # Built in a copy: cargo writes a lock file beside the manifest, in a format of its version.
    set(crate ${CMAKE_CURRENT_BINARY_DIR}/rust_peer)
    set(rust_library ${crate}/target/release/librust_peer.a)
    set(crate_source ${CMAKE_CURRENT_SOURCE_DIR}/rust_peer)
    add_custom_command(OUTPUT ${rust_library}
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${crate_source} ${crate}
        COMMAND ${CMAKE_COMMAND} -E chdir ${crate} ${CARGO} build --release --offline --quiet -j1
                --target-dir ${crate}/target
        DEPENDS ${crate_source}/Cargo.toml ${crate_source}/src/lib.rs
                ${crate_source}/.cargo/config.toml
        COMMENT "Building Rust's parking_lot" VERBATIM)
    add_custom_target(rust_peer_library DEPENDS ${rust_library})
    add_library(rust_peer STATIC IMPORTED)
    set_target_properties(rust_peer PROPERTIES IMPORTED_LOCATION ${rust_library}
        INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS}")
    add_dependencies(rust_peer rust_peer_library)
endif()
add_peer(RUST ${rust_found} "cargo librust-parking-lot-dev" rust_peer)
