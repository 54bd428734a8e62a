// SPDX-License-Identifier: MIT
// The small parts: Sampler, ModelRouter, AdapterManager, TokenStream.
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "inference/model_router.hpp"
#include "inference/sample.hpp"
#include "inference/sampler.hpp"
#include "inference/token_stream.hpp"
#include "support/threads.hpp"

namespace inference::test {
namespace {

using parking_lot::test::run_together;

TEST(Sampler, a_draw_depends_on_seed_and_step_only) {
    Sampler one{1};
    Sampler other{1};
    const double first = one.draw(7, 0);
    const double second = one.draw(7, 1);
    EXPECT_EQ(other.draw(7, 1), second);
    EXPECT_EQ(other.draw(7, 0), first);
    EXPECT_NE(first, second);
    EXPECT_NE(Sampler{2}.draw(7, 0), first);
}

TEST(Sampler, threads_get_the_draws_that_one_would_get) {
    constexpr std::size_t kThreads = 8;
    constexpr std::size_t kSteps = 200;
    Sampler shared{3};
    Sampler alone{3};
    std::atomic<int> different{0};
    run_together(kThreads, [&](std::size_t index) {
        for (std::size_t step = 0; step < kSteps; ++step) {
            Sampler reference{3};
            different += shared.draw(index, step) != reference.draw(index, step);
        }
    });
    EXPECT_EQ(different, 0);
    EXPECT_EQ(shared.draws(), kThreads * kSteps);
}

TEST(Sampler, draws_are_spread_evenly) {
    Sampler sampler{1};
    double sum = 0;
    for (std::uint64_t step = 0; step < 4000; ++step) {
        const double draw = sampler.draw(5, step);
        ASSERT_GE(draw, 0);
        ASSERT_LT(draw, 1);
        sum += draw;
    }
    EXPECT_NEAR(sum / 4000, 0.5, 0.02);
}

TEST(Sampler, choose_gives_each_weight_its_share) {
    const std::vector<double> weights{1, 0, 3};
    EXPECT_EQ(choose(weights, 0), 0);
    EXPECT_EQ(choose(weights, 0.24), 0);
    EXPECT_EQ(choose(weights, 0.26), 2);
    EXPECT_EQ(choose(weights, 0.999), 2);
    EXPECT_EQ(choose(std::vector<double>{0}, 0.5), 0);
}

TEST(ModelRouter, finds_what_was_added) {
    ModelRouter router;
    const auto model = std::make_shared<const LanguageModel>(sample_text(), 2);
    router.add("small", model);
    EXPECT_EQ(router.find("small"), model);
    EXPECT_EQ(router.find("large"), nullptr);
    EXPECT_EQ(router.names(), std::vector<std::string>{"small"});
    EXPECT_TRUE(router.remove("small"));
    EXPECT_FALSE(router.remove("small"));
    EXPECT_EQ(router.find("small"), nullptr);
}

TEST(ModelRouter, who_has_a_model_keeps_it_when_it_is_replaced) {
    ModelRouter router;
    router.add("m", std::make_shared<const LanguageModel>(sample_text(), 2));
    const auto held = router.find("m");
    run_together(4, [&](std::size_t index) {
        for (int i = 0; i < 20; ++i) {
            if (index == 0)
                router.add("m", std::make_shared<const LanguageModel>(sample_text(), 2));
            ASSERT_NE(router.find("m"), nullptr);
        }
    });
    EXPECT_NE(router.find("m"), held);
    EXPECT_FALSE(held->followers({}).empty());
}

TEST(AdapterManager, threads_that_load_an_adapter_together_get_the_same) {
    AdapterManager adapters{sample_text()};
    std::vector<AdapterManager::AdapterPointer> got(8);
    run_together(got.size(), [&](std::size_t index) { got[index] = adapters.find("brief"); });
    EXPECT_EQ(std::set(got.begin(), got.end()).size(), 1);
    EXPECT_EQ(adapters.loaded(), 1);
    EXPECT_EQ(adapters.find("unheard-of"), nullptr);
}

TEST(AdapterManager, adapters_prefer_words_by_their_length) {
    const Text& text = sample_text();
    AdapterManager adapters{text};
    const Token a_short_word = text.tokens_of("of")[0];
    const Token a_long_word = text.tokens_of("immediately")[0];
    const auto brief = adapters.find("brief");
    const auto learned = adapters.find("learned");
    EXPECT_GT(brief->factors[a_short_word], brief->factors[a_long_word]);
    EXPECT_LT(learned->factors[a_short_word], learned->factors[a_long_word]);
}

TEST(TokenStream, words_arrive_in_order_and_then_the_end) {
    TokenStream stream{true};
    std::vector<std::string> received;
    run_together(2, [&](std::size_t index) {
        if (index == 0) {
            for (int i = 0; i < 100; ++i) stream.push(std::to_string(i));
            stream.close(Status::Completed);
        } else {
            while (auto word = stream.word(received.size())) received.push_back(*word);
        }
    });
    ASSERT_EQ(received.size(), 100);
    for (std::size_t i = 0; i < received.size(); ++i) EXPECT_EQ(received[i], std::to_string(i));
    EXPECT_EQ(stream.end(), Status::Completed);
}

TEST(TokenStream, a_wait_for_a_word_that_does_not_come_ends) {
    TokenStream stream{true};
    EXPECT_FALSE(stream.wait_for(0, std::chrono::milliseconds{1}));
    stream.push("word");
    EXPECT_TRUE(stream.wait_for(0, std::chrono::milliseconds{1}));
    EXPECT_FALSE(stream.wait_for(1, std::chrono::milliseconds{1}));
    stream.close(Status::TimedOut);
    EXPECT_TRUE(stream.wait_for(1, std::chrono::milliseconds{1}));
    EXPECT_EQ(stream.wait(), Status::TimedOut);
    EXPECT_EQ(stream.word(1), std::nullopt);
}

}  // namespace
}  // namespace inference::test
