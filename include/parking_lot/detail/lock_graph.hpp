// SPDX-License-Identifier: MIT
// LockGraph: the orders in which the locks of the process were taken, and whether a new one fits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "parking_lot/detail/bucket.hpp"
#include "parking_lot/detail/config.hpp"
#include "parking_lot/detail/lock_identity.hpp"
#include "parking_lot/detail/stack_trace.hpp"

#if PARKING_LOT_CHECKED

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// That a thread locked `second` while it held `first`.
struct LockOrdering {
    LockDescription first;
    LockDescription second;
    ThreadName thread;
    StackTrace first_locked_at;
    StackTrace second_locked_at;
};

/// Orders that contradict a new one: each leads from its first lock to that of the next, the first
/// of them from the lock that is to be taken, and the last to the one that is held.
struct LockCycle {
    static constexpr std::size_t kMostShown = 6;

    std::size_t length = 0;
    std::array<LockOrdering, kMostShown> orders;
};

/// A directed graph: its nodes are locks, or all locks of one name; an edge is an order that was
/// seen. It has no cycles, as the order that would close one is reported, and not kept.
///
/// Two locks of one name are compared as objects, all others by their names where they have them.
/// So locks of one name may be taken in any order that is the same for the same two.
///
/// All zeros at first, of a fixed size, and it takes memory only where it is used.
class LockGraph {
  public:
    enum class Outcome { Known, Unknown, Added, Inverted, Full };

    /// The nodes of an order between two locks, for a quick comparison; 0 where there is none yet.
    struct Pair {
        std::uint32_t first = 0;
        std::uint32_t second = 0;
        friend bool operator==(const Pair&, const Pair&) = default;
    };

    /// relaxed: a lock is in use, so its nodes only become known.
    [[nodiscard]] static Pair pair_of(const LockIdentity& first,
                                      const LockIdentity& second) noexcept {
        const bool by_object = same_name(first, second);
        return {node_of(first, by_object).load(std::memory_order_relaxed),
                node_of(second, by_object).load(std::memory_order_relaxed)};
    }

    /// Notes the order, as `order` tells it, if it is new and fits. If it does not, fills in
    /// `cycle`, and from then on takes the order as known. With null, only tells whether it is new.
    Outcome add(const LockIdentity& first, const LockIdentity& second, const LockOrdering* order,
                LockCycle& cycle) noexcept {
        const std::lock_guard guard{lock_};
        const bool by_object = same_name(first, second);
        const std::uint32_t from = find_or_make(first, by_object);
        const std::uint32_t to = find_or_make(second, by_object);
        if (from == 0 || to == 0) return Outcome::Full;
        if (has_edge(from, to)) return Outcome::Known;
        if (order == nullptr) return Outcome::Unknown;
        const std::uint32_t edge = edges_.take();
        if (edge == 0) return Outcome::Full;
        const bool is_inverted = find_path(to, from, cycle);
        edges_[edge].from = from;
        edges_[edge].to = to;
        edges_[edge].is_inverted = is_inverted;
        link(edge);
        if (is_inverted) return Outcome::Inverted;
        edges_[edge].order = *order;
        return Outcome::Added;
    }

    /// A lock is destroyed: its successor at the same address is another. Or a once is done.
    void forget(const LockIdentity& identity) noexcept {
        // relaxed: whoever destroys a lock comes after all who have used it; and what others add
        // while a once is being completed may as well come after.
        if (identity.object_node.load(std::memory_order_relaxed) == 0) return;
        const std::lock_guard guard{lock_};
        const std::uint32_t node = index_of(identity.object_node);
        identity.object_node.store(0, std::memory_order_relaxed);
        if (node == 0) return;
        while (nodes_[node].first_out != 0) unlink(nodes_[node].first_out);
        while (nodes_[node].first_in != 0) unlink(nodes_[node].first_in);
        ++nodes_[node].generation;
        nodes_.give_back(node);
    }

    /// In a forked child. If a thread that does not exist there was changing the graph, it begins
    /// anew.
    void reset_after_fork() noexcept {
        if (!lock_.is_locked()) return;
        lock_.reset_after_fork();
        nodes_.for_each_used([](Node& node) noexcept {
            node.first_out = node.first_in = 0;
            ++node.generation;
        });
        nodes_.clear();
        edges_.clear();
        first_class_ = 0;
    }

  private:
    // A node's index and its generation make a number, so that those of a dead lock are not taken
    // for its successor's.
    static constexpr unsigned kNodeBits = 14;
    static constexpr std::size_t kNodes = std::size_t{1} << kNodeBits;
    static constexpr std::uint32_t kGenerations = std::uint32_t{1} << (32 - kNodeBits);
    static constexpr std::size_t kEdges = 2 * kNodes;

    struct Node {
        std::uint32_t next_free;
        std::uint32_t generation;
        std::uint32_t first_out;
        std::uint32_t first_in;
        std::uint32_t next_class;
        const char* name;  // of a class
        // Of the search that came here last: which one, from where, and who is next in line.
        std::uint32_t search;
        std::uint32_t reached_by;
        std::uint32_t next_to_visit;
    };

    struct Edge {
        std::uint32_t next_free;
        std::uint32_t from;
        std::uint32_t to;
        std::uint32_t next_out;
        std::uint32_t previous_out;
        std::uint32_t next_in;
        std::uint32_t previous_in;
        bool is_inverted;  // it was reported, and leads nowhere
        LockOrdering order;
    };

    /// Elements by index, from 1; 0 stands for none.
    template <class Element, std::size_t kCount>
    class Pool {
      public:
        [[nodiscard]] Element& operator[](std::uint32_t index) noexcept { return elements_[index]; }

        std::uint32_t take() noexcept {
            if (first_free_ != 0) {
                const std::uint32_t index = first_free_;
                first_free_ = elements_[index].next_free;
                return index;
            }
            return used_ + 1 < kCount ? ++used_ : 0;
        }

        void give_back(std::uint32_t index) noexcept {
            elements_[index].next_free = first_free_;
            first_free_ = index;
        }

        template <class Visit>
        void for_each_used(Visit&& visit) noexcept {
            for (std::uint32_t index = 1; index <= used_; ++index) visit(elements_[index]);
        }

        void clear() noexcept { used_ = first_free_ = 0; }

      private:
        std::uint32_t used_ = 0;
        std::uint32_t first_free_ = 0;
        std::array<Element, kCount> elements_{};
    };

    static bool same_name(const LockIdentity& one, const LockIdentity& other) noexcept {
        return one.name == other.name;
    }

    static std::atomic<std::uint32_t>& node_of(const LockIdentity& lock, bool by_object) noexcept {
        return by_object || lock.name == nullptr ? lock.object_node : lock.class_node;
    }

    /// 0 if there is none, or if it is of before a fork.
    std::uint32_t index_of(const std::atomic<std::uint32_t>& known) noexcept {
        const std::uint32_t number = known.load(std::memory_order_relaxed);
        const std::uint32_t index = number % kNodes;
        return number == number_of(index) ? index : 0;
    }

    std::uint32_t number_of(std::uint32_t index) noexcept {
        return (nodes_[index].generation % kGenerations << kNodeBits) | index;
    }

    std::uint32_t find_or_make(const LockIdentity& lock, bool by_object) noexcept {
        auto& known = node_of(lock, by_object);
        if (const std::uint32_t index = index_of(known); index != 0) return index;
        const bool is_class = &known == &lock.class_node;
        std::uint32_t index = is_class ? find_class(lock.name) : 0;
        if (index == 0) {
            index = nodes_.take();
            if (index == 0) return 0;
            if (is_class) {
                nodes_[index].name = lock.name;
                nodes_[index].next_class = first_class_;
                first_class_ = index;
            }
        }
        known.store(number_of(index), std::memory_order_relaxed);
        return index;
    }

    std::uint32_t find_class(const char* name) noexcept {
        std::uint32_t index = first_class_;
        while (index != 0 && nodes_[index].name != name) index = nodes_[index].next_class;
        return index;
    }

    /// Looks at the orders of both locks in step: a new lock has few, whatever the other has.
    bool has_edge(std::uint32_t from, std::uint32_t to) noexcept {
        std::uint32_t out = nodes_[from].first_out;
        std::uint32_t in = nodes_[to].first_in;
        while (out != 0 && in != 0) {
            if (edges_[out].to == to || edges_[in].from == from) return true;
            out = edges_[out].next_out;
            in = edges_[in].next_in;
        }
        return false;
    }

    /// Breadth first, so the shortest path.
    bool find_path(std::uint32_t start, std::uint32_t goal, LockCycle& cycle) noexcept {
        ++search_;
        nodes_[start].search = search_;
        nodes_[start].reached_by = 0;
        nodes_[start].next_to_visit = 0;
        std::uint32_t last = start;
        for (std::uint32_t node = start; node != 0; node = nodes_[node].next_to_visit) {
            for (std::uint32_t edge = nodes_[node].first_out; edge != 0;
                 edge = edges_[edge].next_out) {
                Node& reached = nodes_[edges_[edge].to];
                if (reached.search == search_ || edges_[edge].is_inverted) continue;
                reached.search = search_;
                reached.reached_by = edge;
                reached.next_to_visit = 0;
                nodes_[last].next_to_visit = edges_[edge].to;
                last = edges_[edge].to;
                if (last == goal) {
                    copy_path(goal, cycle);
                    return true;
                }
            }
        }
        return false;
    }

    void copy_path(std::uint32_t goal, LockCycle& cycle) noexcept {
        cycle.length = 0;
        for (auto edge = nodes_[goal].reached_by; edge != 0;
             edge = nodes_[edges_[edge].from].reached_by) {
            ++cycle.length;
        }
        std::size_t place = cycle.length;
        for (auto edge = nodes_[goal].reached_by; edge != 0;
             edge = nodes_[edges_[edge].from].reached_by) {
            if (--place < cycle.orders.size()) cycle.orders[place] = edges_[edge].order;
        }
    }

    void link(std::uint32_t index) noexcept {
        Edge& edge = edges_[index];
        edge.previous_out = edge.previous_in = 0;
        edge.next_out = nodes_[edge.from].first_out;
        edge.next_in = nodes_[edge.to].first_in;
        if (edge.next_out != 0) edges_[edge.next_out].previous_out = index;
        if (edge.next_in != 0) edges_[edge.next_in].previous_in = index;
        nodes_[edge.from].first_out = nodes_[edge.to].first_in = index;
    }

    void unlink(std::uint32_t index) noexcept {
        const Edge& edge = edges_[index];
        (edge.previous_out != 0 ? edges_[edge.previous_out].next_out
                                : nodes_[edge.from].first_out) = edge.next_out;
        (edge.previous_in != 0 ? edges_[edge.previous_in].next_in : nodes_[edge.to].first_in) =
            edge.next_in;
        if (edge.next_out != 0) edges_[edge.next_out].previous_out = edge.previous_out;
        if (edge.next_in != 0) edges_[edge.next_in].previous_in = edge.previous_in;
        edges_.give_back(index);
    }

    BucketLock lock_;
    std::uint32_t search_ = 0;
    std::uint32_t first_class_ = 0;
    Pool<Node, kNodes> nodes_;
    Pool<Edge, kEdges> edges_;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI

#endif  // PARKING_LOT_CHECKED
