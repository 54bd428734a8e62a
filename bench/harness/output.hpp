// SPDX-License-Identifier: MIT
// What a measurement leaves behind: files, and plots drawn by gnuplot.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace bench {

/// Writes a file anew. Throws std::runtime_error when that fails.
inline void write_file(const std::filesystem::path& file, const std::string& text) {
    std::ofstream out{file};
    out << text << std::flush;
    if (!out) throw std::runtime_error("cannot write " + file.string() + ".");
}

/// Whether plots can be drawn; says so if not.
inline bool has_gnuplot() {
    if (std::system("command -v gnuplot >/dev/null 2>&1") == 0) return true;
    std::puts("No plots: gnuplot is not installed (apt install gnuplot-nox).");
    return false;
}

/// Writes `script`, which sets neither terminal nor output, to <name>.gp, and has gnuplot draw
/// <name>.svg of it, so many pixels high. Says what came of it. Throws std::runtime_error when the
/// script cannot be written.
inline void draw_plot(const std::filesystem::path& directory, const std::string& name, int height,
                      const std::string& script) {
    const std::filesystem::path source = directory / (name + ".gp");
    const std::filesystem::path picture = directory / (name + ".svg");
    write_file(source, "set terminal svg size 960," + std::to_string(height) +
                           " background 'white' noenhanced font 'sans,13'\nset output '" +
                           picture.string() + "'\n" + script);
    const bool drawn = std::system(("gnuplot '" + source.string() + "'").c_str()) == 0;
    std::printf("%s: %s\n", drawn ? "plot" : "gnuplot failed on",
                (drawn ? picture : source).c_str());
}

}  // namespace bench
