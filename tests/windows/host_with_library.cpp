// SPDX-License-Identifier: MIT
// An executable and two DLLs that all use the library; two more come and go.
#include "linking/module.hpp"
#include "windows/coming_and_going.hpp"

int main(int, char** argv) {
    const Plugin a{argv[1]};
    const Plugin b{argv[2]};
    contend({kThisModule, a.module(), b.module()});
    load_and_unload({kThisModule, a.module()}, {argv[3], argv[4]});
}
