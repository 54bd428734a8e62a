// SPDX-License-Identifier: MIT
// dlmopen: namespaces of the dynamic loader, each with a C library of its own. The modules of each
// have one table; those of different namespaces do not see each other.
#include "coming_and_going.hpp"
#include "contention.hpp"

namespace {

/// A plugin in a new namespace.
struct Stranger : Plugin {
    explicit Stranger(const char* path)
        : Plugin{path, ::dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL)} {}
};

/// Threads of this namespace call the functions of that one, all on one lock: what matters is whose
/// functions they are, not whose threads.
void contend_in_private(const Module& module) {
    alignas(8) std::array<std::byte, 8> lock{};
    module.make(lock.data());
    for (int round = 0; round < 5; ++round) park_all({module, module}, module, lock.data());
}

}  // namespace

int main(int, char** argv) {
    std::optional<Stranger> one{argv[1]};
    const Stranger other{argv[1]};
    require(one->module().table() != other.module().table(), "each namespace has a table");
    contend_in_private(one->module());
    contend_in_private(other.module());

    // Who was first in a namespace owns its table, and stays, as anywhere.
    const Module module = one->module();
    one.reset();
    contend_in_private(module);
}
