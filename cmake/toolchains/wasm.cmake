# SPDX-License-Identifier: MIT
# WebAssembly with threads: Debian's Emscripten; programs are run by Node.js.
include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
set(CMAKE_C_FLAGS_INIT -pthread)
set(CMAKE_CXX_FLAGS_INIT "-pthread -fexceptions")
# main() runs in a thread, as Node's own must not sleep; that one starts the others.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-fexceptions -sPROXY_TO_PTHREAD=1 -sEXIT_RUNTIME=1")
# For a hundred threads.
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -sINITIAL_MEMORY=512MB -sDEFAULT_PTHREAD_STACK_SIZE=512KB")
set(CMAKE_CROSSCOMPILING_EMULATOR ${NODE_JS_EXECUTABLE} --no-experimental-fetch)
