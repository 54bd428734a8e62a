// SPDX-License-Identifier: MIT
// ModelRouter and AdapterManager: the models and adapters by name.
//
// Locks: "model_router" and "adapter_manager", an RwLock around each map: every request looks its
// names up, while a model is added, or an adapter loaded, a few times in the life of the server.
// Order: each is taken alone. An adapter is built with no lock held, as that takes long.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inference/language_model.hpp"
#include "inference/locks.hpp"
#include "inference/text.hpp"

namespace inference {

class ModelRouter {
  public:
    using ModelPointer = std::shared_ptr<const LanguageModel>;

    /// Requests that run keep the model that had the name before.
    void add(std::string name, ModelPointer model) {
        models_.write()->insert_or_assign(std::move(name), std::move(model));
    }

    /// Whether there was one.
    bool remove(std::string_view name) {
        const auto models = models_.write();
        const auto found = models->find(name);
        if (found == models->end()) return false;
        models->erase(found);
        return true;
    }

    /// Null when there is none.
    [[nodiscard]] ModelPointer find(std::string_view name) const {
        const auto models = models_.read();
        const auto found = models->find(name);
        return found == models->end() ? nullptr : found->second;
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        const auto models = models_.read();
        for (const auto& [name, model] : *models) names.push_back(name);
        return names;
    }

  private:
    using Models = std::map<std::string, ModelPointer, std::less<>>;

    RwLock<Models> models_{"model_router"};
};

/// What an adapter does to a model: the likelihood of each word is multiplied.
struct Adapter {
    std::vector<float> factors;  // by word
};

/// Makes adapters when they are first asked for, and keeps them.
class AdapterManager {
  public:
    using AdapterPointer = std::shared_ptr<const Adapter>;

    explicit AdapterManager(const Text& text) : text_{text} {}

    /// "brief" prefers short words, "learned" long ones. Null when there is no such adapter.
    [[nodiscard]] AdapterPointer find(std::string_view name) {
        if (AdapterPointer loaded = find_loaded(name)) return loaded;
        const bool is_brief = name == "brief";
        if (!is_brief && name != "learned") return nullptr;
        AdapterPointer made = make(is_brief);
        // Another thread may have been faster: then its adapter is the one.
        return adapters_.write()->try_emplace(std::string{name}, std::move(made)).first->second;
    }

    [[nodiscard]] std::size_t loaded() const { return adapters_.read()->size(); }

  private:
    using Adapters = std::map<std::string, AdapterPointer, std::less<>>;

    [[nodiscard]] AdapterPointer find_loaded(std::string_view name) const {
        const auto adapters = adapters_.read();
        const auto found = adapters->find(name);
        return found == adapters->end() ? nullptr : found->second;
    }

    [[nodiscard]] AdapterPointer make(bool is_brief) const {
        constexpr float kPreferred = 8;
        auto adapter = std::make_shared<Adapter>();
        for (Token word = 0; word < text_.vocabulary_size(); ++word) {
            const std::size_t length = text_.spelling(word).size();
            const bool is_preferred = is_brief ? length <= 4 : length >= 8;
            adapter->factors.push_back(is_preferred ? kPreferred : 1);
        }
        return adapter;
    }

    const Text& text_;
    RwLock<Adapters> adapters_{"adapter_manager"};
};

}  // namespace inference
