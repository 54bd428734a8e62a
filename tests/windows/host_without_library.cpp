// SPDX-License-Identifier: MIT
// Only the DLLs use the library: the one loaded first owns the table, and stays when it is freed.
#include <optional>

#include "windows/coming_and_going.hpp"

int main(int, char** argv) {
    std::optional<Plugin> a{argv[1]};
    std::optional<Plugin> b{argv[2]};
    const void* const table = a->module().table();
    contend({a->module(), b->module()});
    load_and_unload({a->module(), b->module()}, {argv[3], argv[4]});

    b.reset();
    require(!is_loaded(argv[2]), "a DLL is unloaded");
    b.emplace(argv[2]);
    contend({a->module(), b->module()});

    a.reset();
    require(is_loaded(argv[1]), "the owner of the table is never unloaded");
    contend({b->module()});
    require(b->module().table() == table, "the table outlives the handle of its owner");
    a.emplace(argv[1]);
    contend({a->module(), b->module()});
}
