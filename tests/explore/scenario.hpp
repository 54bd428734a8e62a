// SPDX-License-Identifier: MIT
// What scenarios are written with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "explore/explorer.hpp"
#include "parking_lot/core.hpp"

namespace explore {

/// A schedule is to repeat in another process, so the same locks must share a bucket there.
inline const bool is_seeded = (parking_lot::detail::table().set_seed(0), true);

/// An object that threads of a scenario share.
///
/// If it is one that threads park at, its bucket must be empty in the end; and in the beginning it
/// may, or may not, be time for the bucket's waiters to get their turn.
template <class T>
class Object {
  public:
    template <class... Arguments>
    explicit Object(const char* its_name, Arguments&&... arguments)
        : object_{new(allocate(sizeof(T))) T(std::forward<Arguments>(arguments)...)} {
        explore::name(object_, sizeof(T), its_name);
        auto& module = parking_lot::detail::this_module;
        explore::name(&module.epoch, sizeof(module.epoch), "epoch");
        explore::name(&module.list_lock, sizeof(module.list_lock), "list_lock");
        const bool is_due = !kParks || either();
        for_each_bucket([&](parking_lot::detail::Bucket& bucket) {
            explore::name(&bucket, sizeof(bucket), "bucket");
            bucket.fair_timer = {};
            if (!is_due) (void)bucket.fair_timer.is_due();
        });
    }
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    ~Object() {
        for_each_bucket([](const parking_lot::detail::Bucket& bucket) {
            check(bucket.queues.first() == nullptr, "a queue is not empty");
        });
    }

    T* operator->() const noexcept { return object_; }
    T& operator*() const noexcept { return *object_; }

    /// By a thread: nobody may touch the object any more.
    void destroy() const {
        std::destroy_at(object_);
        bury(object_, sizeof(T));
    }

    /// After destroy(): another one begins to live in the same memory.
    void construct() const {
        revive(object_, sizeof(T));
        new (object_) T();
    }

  private:
    static constexpr bool kParks = !std::is_scalar_v<T>;

    /// Those of all places in the object where threads might park.
    template <class Visit>
    void for_each_bucket(Visit&& visit) const {
        if constexpr (kParks) {
            for (std::size_t i = 0; i < sizeof(T); ++i) {
                visit(parking_lot::detail::table().bucket_of(reinterpret_cast<char*>(object_) + i));
            }
        }
    }

    T* object_;
};

/// Runs the bodies as threads T0, T1, ... to their ends.
template <class... Bodies>
void run(const Bodies&... bodies) {
    static_assert(sizeof...(Bodies) <= kMaxThreads);
    const std::array<Scheduler::Body, sizeof...(Bodies)> all{Scheduler::Body{
        [](const void* body) { (*static_cast<const Bodies*>(body))(); }, &bodies}...};
    detail::run(all);
}

}  // namespace explore
