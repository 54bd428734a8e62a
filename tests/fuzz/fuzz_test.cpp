// SPDX-License-Identifier: MIT
// The corpus, and random programs, against the oracle.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "fuzz/program.hpp"
#include "fuzz/runner.hpp"
#include "support/sanitizers.hpp"

namespace parking_lot::fuzz {
namespace {

constexpr std::uint32_t kPrograms = test::kThreadSanitizer ? 100 : 500;

/// Of random programs; PARKING_LOT_TEST_SEED repeats the program of one.
std::vector<std::uint32_t> seeds() {
    if (const char* const given = std::getenv("PARKING_LOT_TEST_SEED"))
        return std::vector<std::uint32_t>(100, static_cast<std::uint32_t>(std::stoul(given)));
    std::vector<std::uint32_t> result(kPrograms);
    std::iota(result.begin(), result.end(), 1u);
    return result;
}

/// The files of the corpus; PARKING_LOT_FUZZ_PROGRAM repeats another one.
std::vector<std::filesystem::path> files() {
    if (const char* const given = std::getenv("PARKING_LOT_FUZZ_PROGRAM"))
        return std::vector<std::filesystem::path>(1000, given);
    std::vector<std::filesystem::path> result;
    for (const auto& entry : std::filesystem::directory_iterator{PARKING_LOT_FUZZ_CORPUS})
        result.push_back(entry.path());
    return result;
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
    ASSERT_FALSE(files().empty());
    for (const auto& file : files()) {
        const Program program = parse(read(file));
        ASSERT_FALSE(program.empty()) << file;
        ASSERT_EQ(run(program), "") << "PARKING_LOT_FUZZ_PROGRAM=" << file << '\n'
                                    << print(program);
    }
}

TEST(Fuzz, RandomProgramsKeepAllPromises) {
    for (const std::uint32_t seed : seeds()) {
        const Program program = random_program(seed);
        ASSERT_EQ(run(program), "") << "PARKING_LOT_TEST_SEED=" << seed << '\n' << print(program);
    }
}

}  // namespace
}  // namespace parking_lot::fuzz
