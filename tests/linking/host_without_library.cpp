// SPDX-License-Identifier: MIT
// Only the plugins use the library: the one loaded first owns the table, and keeps it when it is
// closed.
#include <optional>

#include "coming_and_going.hpp"
#include "contention.hpp"

int main(int, char** argv) {
    std::optional<Plugin> a{argv[1]};
    std::optional<Plugin> b{argv[2]};
    const void* const table = a->module().table();
    contend({a->module(), b->module()});

    b.reset();
    contend({a->module()});
    b.emplace(argv[2]);
    contend({a->module(), b->module()});

    load_and_unload({a->module()}, {argv[3], argv[4]});

    a.reset();
    require(Plugin::is_there(argv[1]), "the owner of the table is never unloaded");
    contend({b->module()});
    require(b->module().table() == table, "the table outlives the handle of its owner");
    a.emplace(argv[1]);
    contend({a->module(), b->module()});
}
