# SPDX-License-Identifier: MIT
# parking_lot_read_version(<variable> <file>): sets <variable> to the version that version.hpp defines.
function(parking_lot_read_version variable file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    set(numbers)
    foreach(part IN ITEMS MAJOR MINOR PATCH)
        file(STRINGS ${file} line REGEX "^#define PARKING_LOT_VERSION_${part} ")
        string(REGEX REPLACE "^.* ([0-9]+)$" "\\1" number "${line}")
        list(APPEND numbers ${number})
    endforeach()
    list(JOIN numbers "." version)
    set(${variable} ${version} PARENT_SCOPE)
endfunction()
