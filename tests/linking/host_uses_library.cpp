// SPDX-License-Identifier: MIT
// An executable and two plugins that all use the library.
#include "contention.hpp"
#include "module.hpp"

int main(int, char** argv) {
    const Plugin a{argv[1]};
    const Plugin b{argv[2]};
    contend({kThisModule, a.module(), b.module()});
}
