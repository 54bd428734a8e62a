# SPDX-License-Identifier: MIT
# Writes, for each pair_* function of OBJECT, "<function> <bytes>" and
# "<function>.to_return <bytes>": its size, and that of the way through it when nobody contends (up
# to and with the first return).
execute_process(COMMAND ${NM} -S ${OBJECT} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${OBJDUMP} -d --no-show-raw-insn ${OBJECT}
    OUTPUT_VARIABLE code COMMAND_ERROR_IS_FATAL ANY)
set(lines "")
string(REGEX MATCHALL "[0-9a-f]+ [0-9a-f]+ [tT] pair_[a-z_.]+" entries "${symbols}")
foreach(entry IN LISTS entries)
    string(REGEX MATCH "^([0-9a-f]+) ([0-9a-f]+) [tT] (pair_[a-z_.]+)$" unused "${entry}")
    set(function ${CMAKE_MATCH_3})
    math(EXPR start "0x${CMAKE_MATCH_1}")
    math(EXPR bytes "0x${CMAKE_MATCH_2}")
    if(function MATCHES "[.]cold$")
        continue()
    endif()
    string(APPEND lines "${function} ${bytes}\n")
    string(FIND "${code}" "<${function}>:" position)
    string(SUBSTRING "${code}" ${position} -1 function_code)
    string(REGEX REPLACE "\n\n.*" "" function_code "${function_code}")
    if(function_code MATCHES "\n *([0-9a-f]+):[ \t]+ret")
        math(EXPR to_return "0x${CMAKE_MATCH_1} - ${start} + 1")
        string(APPEND lines "${function}.to_return ${to_return}\n")
    endif()
endforeach()
file(WRITE ${OUT} "${lines}")
