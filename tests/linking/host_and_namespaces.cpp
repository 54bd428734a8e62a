// SPDX-License-Identifier: MIT
// dlmopen in an executable that uses the library: one table for the modules of all namespaces.
#include "coming_and_going.hpp"
#include "contention.hpp"
#include "module.hpp"
#include "namespaces.hpp"

int main(int, char** argv) {
    const Plugin beside_executable{argv[1]};
    std::optional<Stranger> one{argv[1]};
    const Stranger other{argv[1]};
    require(one->module().table() == kThisModule.table(), "the namespaces have one table");
    require(one->module().registry() != kThisModule.registry(),
            "each namespace has a registry of its own, as it has its own heap");
    contend_without_meters(
        {kThisModule, beside_executable.module(), one->module(), other.module()});
    count_together({one->module()});

    // Another module of the namespace comes and goes.
    for (int i = 0; i < 10; ++i) {
        const Stranger visitor{argv[2], *one};
        contend_without_meters({visitor.module(), kThisModule});
    }
    const Module module = one->module();
    one.reset();
    contend_without_meters({kThisModule, module, other.module()});
}
