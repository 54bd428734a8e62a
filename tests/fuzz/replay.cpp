// SPDX-License-Identifier: MIT
// Runs programs again: fuzz_replay <times> <file>...
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "fuzz/program.hpp"
#include "fuzz/runner.hpp"

int main(int argc, char** argv) {
    using namespace parking_lot::fuzz;
    if (argc < 3) {
        std::cerr << "usage: fuzz_replay <times> <file>...\n";
        return EXIT_FAILURE;
    }
    const unsigned long times = std::strtoul(argv[1], nullptr, 10);
    for (int i = 2; i < argc; ++i) {
        std::ifstream file{argv[i]};
        const Program program =
            parse({std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}});
        for (unsigned long time = 1; time <= times; ++time) {
            const std::string broken = run(program);
            if (broken.empty()) continue;
            std::cerr << argv[i] << ", time " << time << ": " << broken << '\n' << print(program);
            return EXIT_FAILURE;
        }
    }
}
