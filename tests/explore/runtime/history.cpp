// SPDX-License-Identifier: MIT
// The history of a place in memory: coherence.
#include "explore/runtime/history.hpp"

namespace explore {

std::span<const History::Store> History::visible_to(const Knowledge& known) const {
    std::uint64_t oldest = 0;
    for (const Sight& sight : sights_) {
        const std::uint32_t until =
            sight.thread == kMaxThreads ? known.sequenced : known.seen.at[sight.thread];
        if (sight.time <= until) oldest = std::max(oldest, sight.place);
    }
    const auto first = std::ranges::lower_bound(stores_, oldest, {}, &Store::place);
    return {first, stores_.end()};
}

bool History::has_room_after(const Store& its) const {
    if (&its == &stores_.back()) return true;
    const Store& next = *(&its + 1);
    return !next.follows && next.place - its.place > 1;
}

std::uint64_t History::insert_after(const Store& its, Store store) {
    const auto index = &its - stores_.data();
    const bool is_last = &its == &stores_.back();
    store.place = is_last ? its.place + kApart : its.place + ((&its + 1)->place - its.place) / 2;
    const std::uint64_t place = store.place;
    stores_.insert(stores_.begin() + index + 1, store);
    if (stores_.size() > kDepth) drop_oldest();
    return place;
}

void History::note(ThreadIndex thread, std::uint32_t time, std::uint64_t place) {
    for (auto sight = sights_.rbegin(); sight != sights_.rend(); ++sight) {
        if (sight->thread != thread) continue;
        if (sight->place >= place) return;
        if (sight->time == time) {
            sight->place = place;
            return;
        }
        break;
    }
    sights_.push_back({thread, time, place});
}

void History::drop_oldest() {
    stores_.erase(stores_.begin());
    const std::uint64_t oldest = stores_.front().place;
    std::erase_if(sights_, [&](const Sight& sight) { return sight.place < oldest; });
}

}  // namespace explore
