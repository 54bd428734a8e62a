// SPDX-License-Identifier: MIT
// Decoder: one step of a sequence. The model proposes words by what it has read, the KV cache by
// what this sequence has said so far (a cache language model: attention to one's own words).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "inference/job.hpp"
#include "inference/sampler.hpp"

namespace inference {

/// Of one worker, for its memory.
class Decoder {
  public:
    /// Fills the cache with the words of the prompt that it does not know yet.
    static void prefill(Job& job) {
        KvSequence& sequence = *job.sequence;
        Context context;
        for (std::size_t i = 0; i < job.prompt.size(); ++i) {
            const Token word = job.prompt[i];
            if (i >= sequence.size()) sequence.append(entry_of(job, context, word));
            context.push(word);
        }
        job.context = context;
    }

    /// The next word, by a number in [0, 1).
    Token decode(Job& job, double fraction) {
        const std::span<const Follower> candidates = job.model->followers(job.context);
        attend(*job.sequence, candidates);
        const double sharpness = 1 / job.request.temperature;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            double weight = candidates[i].count * (1 + kAttention * weights_[i]);
            if (job.adapter) weight *= job.adapter->factors[candidates[i].word];
            weights_[i] = sharpness == 1 ? weight : std::pow(weight, sharpness);
        }
        return candidates[choose(weights_, fraction)].word;
    }

    /// Makes `word` a part of the sequence.
    static void append(Job& job, Token word) {
        job.sequence->append(entry_of(job, job.context, word));
        job.context.push(word);
        ++job.made;
    }

  private:
    static constexpr double kAttention = 0.05;

    static KvEntry entry_of(const Job& job, const Context& context, Token word) {
        return {word, job.model->surprise(context, word)};
    }

    /// Sums up in weights_ what the sequence says about each candidate: how telling its earlier
    /// uses were. In the order of the sequence, so that the same sums come out every time.
    void attend(const KvSequence& sequence, std::span<const Follower> candidates) {
        weights_.assign(candidates.size(), 0);
        sequence.read([&](std::span<const KvEntry> entries) {
            for (const KvEntry& entry : entries) {
                const auto found =
                    std::ranges::lower_bound(candidates, entry.word, {}, &Follower::word);
                if (found == candidates.end() || found->word != entry.word) continue;
                weights_[static_cast<std::size_t>(found - candidates.begin())] +=
                    static_cast<double>(entry.weight);
            }
        });
    }

    std::vector<double> weights_;
};

}  // namespace inference
