// SPDX-License-Identifier: MIT
// results.json, by nlohmann-json.
#include "compare/json.hpp"

#include <nlohmann/json.hpp>

#include "compare/machine.hpp"
#include "compare/sections.hpp"
#include "harness/output.hpp"

namespace bench {

void write_json(const std::filesystem::path& file, const Results& results,
                const std::vector<Goal>& goals, const Options& options) {
    nlohmann::ordered_json root;
    for (const auto& [name, value] : describe_machine()) root["machine"][name] = value;
    root["rounds"] = options.rounds;
    root["cell_ms"] = options.cell.count();
    root["skipped_peers"] = nlohmann::json::array();
    for (const SkippedPeer& peer : skipped_peers()) {
        root["skipped_peers"].push_back({{"name", peer.name}, {"package", peer.package}});
    }
    for (const Goal& goal : goals) {
        root["goals"].push_back(
            {{"goal", goal.text},
             {"target", goal.target_text()},
             {"measured", goal.measured ? nlohmann::json(*goal.measured) : nlohmann::json(nullptr)},
             {"verdict", goal.verdict()}});
    }
    for (const auto& [key, rounds] : results.values()) {
        const auto& [section, cell, lock, metric] = key;
        root["results"][section][cell][lock][metric] = {{"median", median(rounds)},
                                                        {"rounds", rounds}};
    }
    write_file(file, root.dump(1) + '\n');
}

}  // namespace bench
