// SPDX-License-Identifier: MIT
// The corpus, and random programs, against the oracle.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "fuzz/program.hpp"
#include "fuzz/runner.hpp"
#include "support/sanitizers.hpp"

namespace parking_lot::fuzz {
namespace {

constexpr std::uint32_t kPrograms = test::kThreadSanitizer ? 100 : 500;

/// PARKING_LOT_TEST_SEED runs the program of one seed only.
std::pair<std::uint32_t, std::uint32_t> seeds() {
    if (const char* const given = std::getenv("PARKING_LOT_TEST_SEED")) {
        const auto seed = static_cast<std::uint32_t>(std::stoul(given));
        return {seed, seed + 1};
    }
    return {1, kPrograms + 1};
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(FuzzProgram, IsTheSameAsTextAndAsBytes) {
    for (std::uint32_t seed = 1; seed <= 1000; ++seed) {
        const Program program = random_program(seed);
        ASSERT_EQ(parse(print(program)), program) << print(program);
        ASSERT_EQ(decode(encode(program)), program) << print(program);
    }
}

TEST(FuzzProgram, IsMadeOfAnything) {
    EXPECT_EQ(parse("# lock\nnonsense lock\n\n rwlock nonsense for 30us\nend lock try"),
              parse("lock rwlock for 30us\nend\nlock mutex try"));
    std::mt19937 random{1};
    for (int i = 0; i < 100; ++i) {
        std::vector<std::uint8_t> bytes(random() % 300);
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
        ASSERT_EQ(decode(bytes).size(), bytes.size() / 5);
    }
}

TEST(Fuzz, CorpusKeepsAllPromises) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{PARKING_LOT_FUZZ_CORPUS}) {
        const Program program = parse(read(entry.path()));
        ASSERT_FALSE(program.empty()) << entry.path();
        ASSERT_EQ(run(program), "") << entry.path() << '\n' << print(program);
        ++files;
    }
    EXPECT_GT(files, 0u);
}

TEST(Fuzz, RandomProgramsKeepAllPromises) {
    const auto [first, end] = seeds();
    for (std::uint32_t seed = first; seed != end; ++seed) {
        const Program program = random_program(seed);
        ASSERT_EQ(run(program), "") << "PARKING_LOT_TEST_SEED=" << seed << '\n' << print(program);
    }
}

}  // namespace
}  // namespace parking_lot::fuzz
