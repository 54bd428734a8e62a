// SPDX-License-Identifier: MIT
// Text: the words of some files as numbers. Read once, then never changed, so it needs no lock.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace inference {

/// A word's number in the vocabulary.
using Token = std::uint32_t;

/// Stands for every word that the text does not have.
inline constexpr Token kUnknownToken = 0;

/// A text of at least this many words is worth training on.
inline constexpr std::size_t kFewestWords = 200;

/// What Debian has: its licences (package base-files) and Perl's manuals (package perl-modules-5.36
/// of Debian 12, on which perl depends). Whatever else is installed there (as by package perl-doc)
/// is read as well, and makes another text.
inline std::vector<std::filesystem::path> default_text_paths() {
    return {"/usr/share/common-licenses", "/usr/share/perl"};
}

/// A word is made of letters and punctuation: what is left of prose once markup and code are gone.
inline bool is_word(std::string_view word) {
    constexpr std::string_view kPunctuation = "'-.,;:!?()\"";
    const auto is_letter = [](char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z'); };
    return word.size() <= 24 && std::ranges::any_of(word, is_letter) &&
           std::ranges::all_of(word, [&](char c) {
               return is_letter(c) || kPunctuation.find(c) != std::string_view::npos;
           });
}

/// A sequence of words and their vocabulary.
class Text {
  public:
    explicit Text(std::string_view prose) {
        spellings_.emplace_back("?");
        std::istringstream words{std::string{prose}};
        for (std::string word; words >> word;) {
            if (is_word(word)) words_.push_back(add(word));
        }
        if (words_.size() < kFewestWords) {
            throw std::runtime_error("the text to learn from has " + std::to_string(words_.size()) +
                                     " words; at least " + std::to_string(kFewestWords) +
                                     " are needed.");
        }
    }

    [[nodiscard]] std::span<const Token> words() const { return words_; }
    [[nodiscard]] std::size_t vocabulary_size() const { return spellings_.size(); }
    [[nodiscard]] const std::string& spelling(Token word) const { return spellings_[word]; }

    /// The numbers of the words of `prose`.
    [[nodiscard]] std::vector<Token> tokens_of(std::string_view prose) const {
        std::vector<Token> tokens;
        std::istringstream words{std::string{prose}};
        for (std::string word; words >> word;) {
            const auto found = numbers_.find(word);
            tokens.push_back(found == numbers_.end() ? kUnknownToken : found->second);
        }
        return tokens;
    }

    /// `count` words from word `start` on, as prose; the text goes round.
    [[nodiscard]] std::string excerpt(std::size_t start, std::size_t count) const {
        std::string prose;
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) prose += ' ';
            prose += spelling(words_[(start + i) % words_.size()]);
        }
        return prose;
    }

  private:
    Token add(const std::string& word) {
        const auto next = static_cast<Token>(spellings_.size());
        const auto [place, is_new] = numbers_.try_emplace(word, next);
        if (is_new) spellings_.push_back(word);
        return place->second;
    }

    std::vector<Token> words_;
    std::vector<std::string> spellings_;
    std::map<std::string, Token, std::less<>> numbers_;
};

/// The prose of a file: of Perl's manuals (.pod) the paragraphs, without headings and code.
inline std::string read_prose(const std::filesystem::path& file) {
    std::ifstream in{file};
    if (!in) throw std::runtime_error("cannot read the text " + file.string() + ".");
    const bool is_pod = file.extension() == ".pod";
    std::string prose;
    for (std::string line; std::getline(in, line);) {
        const bool is_prose = !is_pod || (!line.empty() && line[0] != '=' && line[0] != ' ');
        if (is_prose) prose += line + '\n';
    }
    return prose;
}

/// Whether a file of a directory is read: manuals, and what has no extension but perhaps a version.
inline bool is_prose_file(const std::filesystem::path& file) {
    const std::string extension = file.extension().string();
    return extension.empty() || extension == ".pod" || ('0' <= extension[1] && extension[1] <= '9');
}

/// The files to read under `path`, in the order of their names; no symbolic links, lest a text
/// count twice.
inline std::vector<std::filesystem::path> text_files(const std::filesystem::path& path) {
    namespace fs = std::filesystem;
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{path}) {
        const bool is_file = entry.is_regular_file() && !entry.is_symlink();
        if (is_file && is_prose_file(entry.path())) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

/// The text of all these files and directories. Those that do not exist are passed over, as long as
/// some words are found; then std::runtime_error says what to do.
inline Text read_text(const std::vector<std::filesystem::path>& paths) {
    std::string prose;
    std::string looked_at;
    for (const std::filesystem::path& path : paths) {
        looked_at += (looked_at.empty() ? "" : " and ") + path.string();
        if (!std::filesystem::exists(path)) continue;
        for (const std::filesystem::path& file : text_files(path)) prose += read_prose(file);
    }
    if (prose.empty()) {
        throw std::runtime_error("there is no text to learn from in " + looked_at +
                                 ". Name a file or a directory with --text.");
    }
    return Text{prose};
}

}  // namespace inference
