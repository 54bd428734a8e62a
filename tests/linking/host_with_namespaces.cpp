// SPDX-License-Identifier: MIT
// dlmopen: namespaces of the dynamic loader, each with a C library of its own, in an executable
// that does not use the library. The modules of each have one table, and do not know of others.
#include "coming_and_going.hpp"
#include "contention.hpp"
#include "namespaces.hpp"

int main(int, char** argv) {
    std::optional<Stranger> one{argv[1]};
    const Stranger other{argv[1]};
    require(one->module().table() != other.module().table(), "each namespace has a table");
    contend_without_meters({one->module()});
    contend_without_meters({other.module()});

    // Who was first in a namespace owns its table, and stays, as anywhere.
    const Module module = one->module();
    one.reset();
    contend_without_meters({module});

    // Its choice is that of all who come later, though the executable's namespace has a table, too.
    const Plugin beside_executable{argv[2]};
    const Stranger third{argv[3], other};
    require(third.module().table() == other.module().table(), "a namespace has one table");
    contend_without_meters({other.module(), third.module()});
    const Stranger late{argv[1]};
    require(late.module().table() == beside_executable.module().table(),
            "a new namespace takes part");
    contend_without_meters({beside_executable.module(), late.module()});
}
