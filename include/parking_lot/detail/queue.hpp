// SPDX-License-Identifier: MIT
// WaiterQueues: the queues of one bucket, a FIFO for each parked key.
#pragma once

#include <cstddef>

#include "parking_lot/detail/waiter.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace detail {

/// The queues of one bucket. Every function requires the bucket's lock.
///
/// Waiters of one key form a ring: head -> next -> ... -> tail -> head. The heads form a list. So
/// find() passes one node for each key of the bucket, and everything else is O(1), however many
/// threads wait for a key:
///
///     first_ -> [key A] <-> [key B] -> null          list of heads
///                 |  ring     |  ring
///                 a1 a2 a3    b1
class WaiterQueues {
  public:
    constexpr WaiterQueues() noexcept = default;

    /// The longest waiting thread of `key`, or null.
    [[nodiscard]] PARKING_LOT_HIDDEN Waiter* find(const Key& key) const noexcept {
        Waiter* head = first_;
        while (head != nullptr && head->key != key) head = head->next_head;
        return head;
    }

    /// The head of the first queue, and by next_head of all others.
    [[nodiscard]] PARKING_LOT_HIDDEN Waiter* first() const noexcept { return first_; }

    PARKING_LOT_HIDDEN void push_back(Waiter& waiter) noexcept { insert(waiter); }

    PARKING_LOT_HIDDEN void push_front(Waiter& waiter) noexcept {
        // In a ring the place before the head is the tail's; calling it the head makes it the
        // front.
        if (Waiter* const head = insert(waiter)) replace_head(*head, waiter);
    }

    /// Queues `waiter` ahead of `place`, which must be queued here and have the same key.
    PARKING_LOT_HIDDEN void push_before(Waiter& place, Waiter& waiter) noexcept {
        link_before(place, waiter);
        if (place.is_head) replace_head(place, waiter);
    }

    /// Unlinks `waiter`, which must be queued here.
    PARKING_LOT_HIDDEN void remove(Waiter& waiter) noexcept {
        if (waiter.is_head) {
            if (waiter.next != &waiter) {
                replace_head(waiter, *waiter.next);
            } else {
                unlink_head(waiter);
            }
        }
        waiter.previous->next = waiter.next;
        waiter.next->previous = waiter.previous;
        waiter.next = waiter.previous = nullptr;
        waiter.queued = false;
    }

    /// The one after `waiter` in its queue, or null at the tail.
    [[nodiscard]] PARKING_LOT_HIDDEN static Waiter* following(const Waiter& waiter) noexcept {
        return waiter.next->is_head ? nullptr : waiter.next;
    }

  private:
    /// Appends `waiter`. Returns the head it was queued behind, or null when it became the head.
    PARKING_LOT_HIDDEN Waiter* insert(Waiter& waiter) noexcept {
        Waiter* const head = find(waiter.key);
        if (head == nullptr) {
            waiter.queued = true;
            waiter.next = waiter.previous = &waiter;
            link_head(waiter);
            return nullptr;
        }
        link_before(*head, waiter);
        return head;
    }

    PARKING_LOT_HIDDEN static void link_before(Waiter& place, Waiter& waiter) noexcept {
        waiter.queued = true;
        waiter.is_head = false;
        waiter.next = &place;
        waiter.previous = place.previous;
        waiter.previous->next = &waiter;
        place.previous = &waiter;
    }

    PARKING_LOT_HIDDEN void link_head(Waiter& head) noexcept {
        head.is_head = true;
        head.previous_head = nullptr;
        head.next_head = first_;
        if (first_ != nullptr) first_->previous_head = &head;
        first_ = &head;
    }

    PARKING_LOT_HIDDEN void unlink_head(Waiter& head) noexcept {
        head.is_head = false;
        (head.previous_head != nullptr ? head.previous_head->next_head : first_) = head.next_head;
        if (head.next_head != nullptr) head.next_head->previous_head = head.previous_head;
    }

    PARKING_LOT_HIDDEN void replace_head(Waiter& old_head, Waiter& new_head) noexcept {
        unlink_head(old_head);
        link_head(new_head);
    }

    Waiter* first_ = nullptr;
};

/// Waiters that were taken from their queues and are yet to be notified, in order.
///
/// A waker fills it under the bucket lock and calls notify_all() after releasing it: until then the
/// threads cannot return, so their nodes may serve as the list. No heap, no limit.
class PARKING_LOT_HIDDEN TakenWaiters {
  public:
    TakenWaiters() noexcept = default;
    TakenWaiters(const TakenWaiters&) = delete;
    TakenWaiters& operator=(const TakenWaiters&) = delete;

    void add(WaiterQueues& queues, Waiter& waiter) noexcept {
        queues.remove(waiter);
        *end_ = &waiter;
        end_ = &waiter.next;
        ++count_;
    }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// The first in the list; the others follow by `next`, until null.
    [[nodiscard]] Waiter* first() const noexcept { return first_; }

    void give_token(core::UnparkToken token) noexcept {
        for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next) {
            waiter->unpark_token = token;
        }
    }

    void notify_all() noexcept {
        for (Waiter* waiter = first_; waiter != nullptr;) {
            Waiter* const next = waiter->next;  // read first: notify() ends the node's life
            waiter->notify();
            waiter = next;
        }
    }

  private:
    Waiter* first_ = nullptr;
    Waiter** end_ = &first_;
    std::size_t count_ = 0;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
