// SPDX-License-Identifier: MIT
// libFuzzer's programs. Its inputs are text, as in corpus/; it mutates what they mean.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/program.hpp"
#include "fuzz/runner.hpp"

namespace {

using namespace parking_lot::fuzz;

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Program program = parse(text_of(data, size));
    const std::string broken = run(program);
    if (broken.empty()) return 0;
    std::cerr << broken << ", in this program:\n" << print(program);
    std::abort();
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                    unsigned /*seed*/) {
    std::vector<std::uint8_t> bytes = encode(parse(text_of(data, size)));
    const std::size_t before = bytes.size();
    bytes.resize(before + 64);
    bytes.resize(LLVMFuzzerMutate(bytes.data(), before, bytes.size()));
    const std::string text = print(decode(bytes)).substr(0, most);
    std::ranges::copy(text, data);
    return text.size();
}

}  // extern "C"
