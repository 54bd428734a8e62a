// SPDX-License-Identifier: MIT
// The strategies: random walk, PCT, and bounded exhaustive search.
#include "explore/runtime/strategy.hpp"

#include <algorithm>
#include <utility>

namespace explore {

bool Sampling::next_schedule() {
    random_.seed(++seed_);
    stops_at_plain_accesses_ = one_in(4);
    walks_ = one_in(2);
    stays_for_ = std::uint64_t{1} << (1 + random_() % 6);
    step_ = 0;
    lowest_ = 0;
    for (auto& priority : priorities_) priority = static_cast<std::int64_t>(random_() % 1'000);
    // The length of the schedule is not known: guessed anew each time.
    const std::uint64_t length = std::uint64_t{32} << (random_() % 5);
    for (auto& change : changes_) change = random_() % length;
    const auto unused = static_cast<std::ptrdiff_t>(random_() % kMostChanges);
    std::fill_n(changes_.begin(), unused, ~std::uint64_t{0});
    return true;
}

std::size_t Sampling::choose(std::span<const Candidate> candidates) {
    ++step_;
    if (candidates.size() == 1) return 0;
    return walks_ ? walk(candidates) : by_priority(candidates);
}

std::size_t Sampling::walk(std::span<const Candidate> candidates) {
    if (candidates[0].kind == Candidate::Kind::Current && !one_in(stays_for_)) return 0;
    const auto is_awake = [](const Candidate& c) { return c.kind != Candidate::Kind::Timer; };
    // Timers come last. As rarely as this, since a deadline seldom comes just now.
    auto eligible = static_cast<std::size_t>(std::ranges::count_if(candidates, is_awake));
    if (eligible == 0 || one_in(8)) eligible = candidates.size();
    return random_() % eligible;
}

std::size_t Sampling::by_priority(std::span<const Candidate> candidates) {
    const bool current_is_first = candidates[0].kind == Candidate::Kind::Current;
    for (const Candidate& candidate : candidates) {
        // One that yields comes after the others, and then does not count as the first.
        const bool yields = candidate.kind == Candidate::Kind::Current && !current_is_first;
        const bool changes =
            candidate.kind == Candidate::Kind::Current && std::ranges::count(changes_, step_) != 0;
        if (yields || changes) priorities_[candidate.thread] = --lowest_;
    }
    const bool timers_count = one_in(8);
    std::size_t best = 0;
    for (std::size_t i = 1; i < candidates.size(); ++i) {
        const bool is_timer = candidates[i].kind == Candidate::Kind::Timer;
        if (is_timer && !timers_count && candidates[best].kind != Candidate::Kind::Timer) continue;
        if (priorities_[candidates[i].thread] > priorities_[candidates[best].thread]) best = i;
    }
    return best;
}

bool Sampling::decide(Decision decision) {
    switch (decision) {
        case Decision::Visible:
        case Decision::Late:
        case Decision::Setup:
            return one_in(2);
        case Decision::Rare:
            break;
    }
    return one_in(16);
}

std::size_t Sampling::age(std::size_t options) {
    if (options == 1) return 0;
    const std::uint64_t seldom = std::uint64_t{2} << (seed_ % 4);  // in each schedule another one
    return one_in(seldom) ? 1 + random_() % (options - 1) : 0;
}

std::string Sampling::replay_option() const { return "--seed=" + std::to_string(seed_); }

bool Exhaustive::next_schedule() {
    depth_ = 0;
    if (!std::exchange(started_, true)) return true;
    while (!path_.empty()) {
        if (advance(path_.back())) return true;
        path_.pop_back();
    }
    return false;
}

/// Goes to the next option that is within the bound.
bool Exhaustive::advance(Node& node) const {
    while (++node.chosen < node.options) {
        if (deviations_after(node) <= bound_) return true;
    }
    return false;
}

std::size_t Exhaustive::choose(std::size_t options, unsigned deviating) {
    if (options == 1) return 0;
    if (depth_ == path_.size()) {
        const unsigned before = path_.empty() ? 0 : deviations_after(path_.back());
        const auto replayed = replayed_.find(depth_);
        const std::size_t chosen = replayed == replayed_.end() ? 0 : replayed->second;
        path_.push_back({chosen, options, deviating, before});
    }
    return path_[depth_++].chosen;
}

std::size_t Exhaustive::choose(std::span<const Candidate> candidates) {
    unsigned deviating = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i].deviates) deviating |= 1u << i;
    }
    return choose(candidates.size(), deviating);
}

bool Exhaustive::decide(Decision decision) {
    switch (decision) {
        case Decision::Visible:
            return choose(2, 0b10) == 0;
        case Decision::Setup:
            return choose(2, 0) == 0;
        case Decision::Late:
            return true;  // a yield that is over soon is followed by another one
        case Decision::Rare:
            break;
    }
    return false;
}

std::size_t Exhaustive::age(std::size_t options) { return choose(options, ~1u); }

std::string Exhaustive::replay_option() const {
    std::string choices;
    for (std::size_t i = 0; i < depth_; ++i) {
        if (path_[i].chosen == 0) continue;
        choices += (choices.empty() ? "" : ",") + std::to_string(i) + ":" +
                   std::to_string(path_[i].chosen);
    }
    return "--choices=" + choices;
}

}  // namespace explore
