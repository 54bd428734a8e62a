// SPDX-License-Identifier: MIT
// Reading and learning: Text and LanguageModel.
#include "inference/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <system_error>

#include "inference/language_model.hpp"
#include "inference/sample.hpp"

namespace inference::test {
namespace {

namespace fs = std::filesystem;

class TextFiles : public testing::Test {
  protected:
    TextFiles() { fs::create_directories(directory_); }
    ~TextFiles() override { fs::remove_all(directory_); }

    void write(const std::string& name, const std::string& content) const {
        std::ofstream{directory_ / name} << content;
    }

    const fs::path directory_ =
        fs::path{testing::TempDir()} /
        (std::string{"inference_"} + testing::UnitTest::GetInstance()->current_test_info()->name());
};

std::string error_of(const std::vector<fs::path>& paths) {
    try {
        (void)read_text(paths);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Text, words_become_numbers_and_words_again) {
    const Text& text = sample_text();
    EXPECT_EQ(text.words().size(), 3000);
    EXPECT_EQ(text.vocabulary_size(), 33);
    for (const Token word : text.words()) {
        ASSERT_EQ(text.tokens_of(text.spelling(word)), std::vector<Token>{word});
    }
}

TEST(Text, an_unknown_word_has_the_number_for_such) {
    EXPECT_EQ(sample_text().tokens_of("xylophone"), std::vector<Token>{kUnknownToken});
}

TEST(Text, an_excerpt_goes_round_at_the_end) {
    const Text& text = sample_text();
    const std::size_t last = text.words().size() - 1;
    EXPECT_EQ(text.excerpt(last, 2), text.excerpt(last, 1) + " " + text.excerpt(0, 1));
}

TEST(Text, markup_and_other_scripts_are_no_words) {
    EXPECT_TRUE(is_word("don't"));
    EXPECT_TRUE(is_word("(end)."));
    EXPECT_FALSE(is_word("C<code>"));
    EXPECT_FALSE(is_word("caf\xc3\xa9"));
    EXPECT_FALSE(is_word("--"));
    EXPECT_FALSE(is_word("1.5"));
}

TEST_F(TextFiles, a_directory_gives_its_prose_in_the_order_of_names) {
    write("b.pod", "=head1 Heading\n\n    code here\n\nsecond part\n");
    write("a-1.0", "first part\n");
    write("c.pm", "use strict;\n");
    const auto files = text_files(directory_);
    ASSERT_EQ(files.size(), 2);
    EXPECT_EQ(files[0].filename(), "a-1.0");
    EXPECT_EQ(read_prose(files[1]), "second part\n");
}

TEST_F(TextFiles, a_link_does_not_count_twice) {
    write("text", sample_prose(200));
    std::error_code error;
    fs::create_symlink(directory_ / "text", directory_ / "link", error);
    if (error) GTEST_SKIP() << "no links here";
    EXPECT_EQ(read_text({directory_}).words().size(), 200);
}

TEST_F(TextFiles, missing_text_is_said_plainly) {
    EXPECT_EQ(error_of({"/no/such/text"}),
              "there is no text to learn from in /no/such/text. Name a file or a directory with "
              "--text.");
}

TEST_F(TextFiles, too_short_a_text_is_said_plainly) {
    write("text", "only four words here");
    EXPECT_EQ(error_of({directory_}),
              "the text to learn from has 4 words; at least 200 are needed.");
}

TEST(LanguageModel, counts_what_follows_two_words) {
    std::string prose;
    for (int i = 0; i < 100; ++i) prose += i % 4 == 0 ? "one two three " : "one two four ";
    const Text text{prose};
    const LanguageModel model{text, 3};
    const std::vector<Token> words = text.tokens_of("one two three four");
    const auto followers = model.followers({words[0], words[1]});
    ASSERT_EQ(followers.size(), 2);
    EXPECT_EQ(followers[0].word, words[2]);
    EXPECT_EQ(followers[0].count, 25);
    EXPECT_EQ(followers[1].count, 75);
    EXPECT_GT(model.surprise({words[0], words[1]}, words[2]),
              model.surprise({words[0], words[1]}, words[3]));
}

TEST(LanguageModel, falls_back_to_one_word_and_to_the_commonest) {
    const Text& text = sample_text();
    const LanguageModel trigrams{text, 3};
    const LanguageModel bigrams{text, 2};
    const Context half_known{kUnknownToken, text.words()[5]};
    EXPECT_EQ(trigrams.followers(half_known).size(), bigrams.followers(half_known).size());
    EXPECT_FALSE(trigrams.followers({kUnknownToken, 1'000'000}).empty());
}

TEST(LanguageModel, a_word_never_seen_here_is_surprising_but_possible) {
    const LanguageModel model{sample_text(), 3};
    const float surprise = model.surprise({1, 2}, 1'000'000);
    EXPECT_GT(surprise, 4);
    EXPECT_TRUE(std::isfinite(surprise));
}

}  // namespace
}  // namespace inference::test
