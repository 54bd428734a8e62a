// SPDX-License-Identifier: MIT
// What is measured (cells and contestants) and what came out (values by section, cell, lock,
// metric).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/stats.hpp"

namespace bench {

/// One round's figures of one lock in one cell: metric name and value.
using Figures = std::vector<std::pair<std::string, double>>;

struct Contestant {
    std::string lock;
    std::function<Figures()> measure;
};

/// Things measured next to each other, so that their ratios mean something.
struct Cell {
    std::string section;
    std::string name;
    std::vector<Contestant> contestants;
    unsigned rounds_at_most = ~0U;  // for what never varies, or takes long
};

using Plan = std::vector<Cell>;

class Results {
  public:
    using Key = std::tuple<std::string, std::string, std::string, std::string>;

    void add(const Cell& cell, const std::string& lock, const Figures& figures) {
        remember(cells_[cell.section], cell.name);
        remember(locks_[cell.section], lock);
        for (const auto& [metric, value] : figures) {
            values_[{cell.section, cell.name, lock, metric}].push_back(value);
        }
    }

    [[nodiscard]] std::optional<double> median_of(const std::string& section,
                                                  const std::string& cell, const std::string& lock,
                                                  const std::string& metric) const {
        const auto found = values_.find({section, cell, lock, metric});
        if (found == values_.end()) return std::nullopt;
        return median(found->second);
    }

    /// In the order in which they were first measured.
    [[nodiscard]] std::vector<std::string> cells(const std::string& section) const {
        const auto found = cells_.find(section);
        return found == cells_.end() ? std::vector<std::string>{} : found->second;
    }
    [[nodiscard]] std::vector<std::string> locks(const std::string& section) const {
        const auto found = locks_.find(section);
        return found == locks_.end() ? std::vector<std::string>{} : found->second;
    }
    [[nodiscard]] bool has(const std::string& section) const { return cells_.contains(section); }

    [[nodiscard]] const std::map<Key, std::vector<double>>& values() const { return values_; }

  private:
    static void remember(std::vector<std::string>& names, const std::string& name) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }

    std::map<Key, std::vector<double>> values_;
    std::map<std::string, std::vector<std::string>> cells_;
    std::map<std::string, std::vector<std::string>> locks_;
};

}  // namespace bench
