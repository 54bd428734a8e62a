// SPDX-License-Identifier: MIT
// An executable and two plugins that all use the library; two more come and go.
#include "coming_and_going.hpp"
#include "contention.hpp"
#include "module.hpp"

int main(int, char** argv) {
    const Plugin a{argv[1]};
    const Plugin b{argv[2]};
    contend({kThisModule, a.module(), b.module()});
    load_and_unload({kThisModule, a.module()}, {argv[3], argv[4]});
    unload_with_threads_that_end_later(kThisModule, argv[3]);
    unload_what_others_are_bound_to(kThisModule, argv[3], argv[4]);
}
