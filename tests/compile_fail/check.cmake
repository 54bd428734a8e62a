# SPDX-License-Identifier: MIT
# Checks one case: cmake -DCOMPILER=... -DFLAGS=... -DINCLUDE=... -DSOURCE=... -P check.cmake
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
list(APPEND flags -std=c++20 -fsyntax-only -Werror=unused-result -I${INCLUDE})

file(STRINGS ${SOURCE} expected REGEX "^// expect: ")
string(REPLACE "// expect: " "" expected "${expected}")
if(NOT expected)
    message(FATAL_ERROR "${SOURCE} does not say what to expect")
endif()

execute_process(COMMAND ${COMPILER} ${flags} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 0)
    message(FATAL_ERROR "the right use does not compile:\n${output}")
endif()

execute_process(COMMAND ${COMPILER} ${flags} -DMUST_FAIL ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(result EQUAL 0)
    message(FATAL_ERROR "the misuse compiles")
endif()
if(NOT output MATCHES "${expected}")
    message(FATAL_ERROR "the misuse is refused, but not with \"${expected}\":\n${output}")
endif()
