// SPDX-License-Identifier: MIT
// Runs the server over each kind of lock, in turn, and keeps what it measured.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace inference {

struct ValidateOptions {
    bool help = false;
    std::size_t rounds = 5;
    std::size_t requests = 200;  // of each client
    std::size_t concurrency = 50;
    std::filesystem::path out = "validate-results";
};

/// A program of this directory, and the name of its locks.
struct Build {
    std::string_view locks;
    std::string_view program;
};

inline constexpr Build kStd{"std", "inference_std"};
inline constexpr Build kParkingLot{"parking_lot", "inference_parking_lot"};
inline constexpr Build kMetered{"metered", "inference_metered"};
inline constexpr Build kMeteredStd{"metered std", "inference_metered_std"};
inline constexpr Build kBuilds[] = {kStd, kParkingLot, kMetered, kMeteredStd};

/// The figures of each round, by the locks they were measured with and by their path in the JSON
/// that the programs print, as "/latency_ms/p99".
class Measured {
  public:
    void add(const Build& build, const std::string& path, double value) {
        values_[std::string{build.locks}][path].push_back(value);
    }
    /// Of all rounds; 0 when there is none.
    [[nodiscard]] double median(const Build& build, const std::string& path) const;
    /// The highest of all rounds over the lowest, less one.
    [[nodiscard]] double spread(const Build& build, const std::string& path) const;
    /// The locks that a build reported on.
    [[nodiscard]] std::vector<std::string> locks(const Build& build) const;

    using Values = std::map<std::string, std::map<std::string, std::vector<double>>>;
    [[nodiscard]] const Values& values() const { return values_; }

  private:
    Values values_;
};

struct Validation {
    Measured server;
    Measured seed;  // the seed's microbenchmark: "/with_start/8", "/started/8", in seconds
    bool same_texts = true;
    std::string texts;  // their hash
    double seconds = 0;
};

/// Shows its progress on standard error. Throws when a program fails.
Validation validate(const ValidateOptions& options);

}  // namespace inference
