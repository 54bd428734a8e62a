// SPDX-License-Identifier: MIT
// Litmus tests: what the simulated memory must be able to do, and what it must never do. Each is
// run in all its executions. The names are those of the literature.
#include <atomic>
#include <new>

#include "explore/explorer.hpp"
#include "explore/scenario.hpp"

namespace explore {
namespace {

using enum std::memory_order;
using Atomic = std::atomic<int>;

/// Defines a program that returns whether it came to its outcome. That is reached in some
/// execution, or in none: in weak memory, and with store buffers.
#define LITMUS(name, in_weak_memory, with_store_buffers)                                     \
    static bool name();                                                                      \
    static const bool name##_registered =                                                    \
        (Litmus::all().push_back({#name, &name, in_weak_memory, with_store_buffers}), true); \
    static bool name()

constexpr bool kReached = true;
constexpr bool kNever = false;

/// Two variables that are zero.
struct Two {
    static Atomic& make(const char* its_name) {
        auto* const made = new (allocate(sizeof(Atomic))) Atomic{0};
        name(made, sizeof(Atomic), its_name);
        return *made;
    }
    Atomic& x = make("x");
    Atomic& y = make("y");
};

// Message passing: data, then a flag. Is the flag seen, and the data not?

bool message_passing(std::memory_order store, std::memory_order load) {
    const Two two;
    int flag = 0;
    int data = 0;
    run(
        [&]() {
            two.x.store(1, relaxed);
            two.y.store(1, store);
        },
        [&]() {
            flag = two.y.load(load);
            data = two.x.load(relaxed);
        });
    return flag == 1 && data == 0;
}

LITMUS(message_passing_relaxed, kReached, kNever) { return message_passing(relaxed, relaxed); }
LITMUS(message_passing_acquire_only, kReached, kNever) { return message_passing(relaxed, acquire); }
LITMUS(message_passing_release_only, kReached, kNever) { return message_passing(release, relaxed); }
LITMUS(message_passing, kNever, kNever) { return message_passing(release, acquire); }
LITMUS(message_passing_seq_cst, kNever, kNever) { return message_passing(seq_cst, seq_cst); }

bool message_passing_by_fences(bool releases, bool acquires) {
    const Two two;
    int flag = 0;
    int data = 0;
    run(
        [&]() {
            two.x.store(1, relaxed);
            if (releases) std::atomic_thread_fence(release);
            two.y.store(1, relaxed);
        },
        [&]() {
            flag = two.y.load(relaxed);
            if (acquires) std::atomic_thread_fence(acquire);
            data = two.x.load(relaxed);
        });
    return flag == 1 && data == 0;
}

LITMUS(message_passing_fences, kNever, kNever) { return message_passing_by_fences(true, true); }
LITMUS(message_passing_release_fence, kReached, kNever) {
    return message_passing_by_fences(true, false);
}
LITMUS(message_passing_acquire_fence, kReached, kNever) {
    return message_passing_by_fences(false, true);
}

/// By a third thread: its read-modify-write goes on with the release sequence, its store does not.
template <class Step>
bool release_sequence(const Step& step) {
    const Two two;
    int flag = 0;
    int data = 0;
    run(
        [&]() {
            two.x.store(1, relaxed);
            two.y.store(1, release);
        },
        [&]() { step(two.y); },
        [&]() {
            flag = two.y.load(acquire);
            data = two.x.load(relaxed);
        });
    return flag == 3 && data == 0;
}

LITMUS(release_sequence, kNever, kNever) {
    return release_sequence([](Atomic& y) {
        int one = 1;
        y.compare_exchange_strong(one, 3, relaxed);
    });
}
LITMUS(release_sequence_ends_with_a_store, kReached, kNever) {
    return release_sequence([](Atomic& y) {
        if (y.load(relaxed) == 1) y.store(3, relaxed);
    });
}

/// From the first to the second, and from that to the third.
bool by_way_of_another(std::memory_order load) {
    const Two two;
    int flag = 0;
    int data = 0;
    run([&]() { two.x.store(1, release); },
        [&]() {
            if (two.x.load(load) == 1) two.y.store(1, release);
        },
        [&]() {
            flag = two.y.load(acquire);
            data = two.x.load(relaxed);
        });
    return flag == 1 && data == 0;
}

LITMUS(causality, kNever, kNever) { return by_way_of_another(acquire); }

/// The second has seen the data, so whoever comes after it does: even by a relaxed load, since that
/// is before the release.
LITMUS(causality_by_coherence, kNever, kNever) { return by_way_of_another(relaxed); }

// Store buffering: do both miss the other's store?

template <class Between>
bool store_buffering(std::memory_order store, std::memory_order load, const Between& between) {
    const Two two;
    int seen[2] = {1, 1};
    run(
        [&]() {
            two.x.store(1, store);
            between(0);
            seen[0] = two.y.load(load);
        },
        [&]() {
            two.y.store(1, store);
            between(1);
            seen[1] = two.x.load(load);
        });
    return seen[0] == 0 && seen[1] == 0;
}

constexpr auto kNothing = [](int) {};

LITMUS(store_buffering, kReached, kReached) { return store_buffering(release, acquire, kNothing); }
LITMUS(store_buffering_seq_cst, kNever, kNever) {
    return store_buffering(seq_cst, seq_cst, kNothing);
}
LITMUS(store_buffering_seq_cst_stores, kReached, kNever) {
    return store_buffering(seq_cst, relaxed, kNothing);
}
LITMUS(store_buffering_fences, kNever, kNever) {
    return store_buffering(relaxed, relaxed, [](int) { std::atomic_thread_fence(seq_cst); });
}
LITMUS(store_buffering_one_fence, kReached, kReached) {
    return store_buffering(relaxed, relaxed, [](int thread) {
        if (thread == 0) std::atomic_thread_fence(seq_cst);
    });
}

/// The light half keeps the compiler from reordering, and the heavy one is a fence on both.
LITMUS(store_buffering_asymmetric_fence, kNever, kNever) {
    return store_buffering(relaxed, relaxed, [](int thread) {
        if (thread == 0) {
            std::atomic_signal_fence(seq_cst);
        } else {
            parking_lot::detail::platform::AsymmetricFence::heavy_fence();
        }
    });
}
LITMUS(store_buffering_light_fences, kReached, kReached) {
    return store_buffering(relaxed, relaxed, [](int) { std::atomic_signal_fence(seq_cst); });
}

/// Read-modify-writes of other variables are no fences.
LITMUS(store_buffering_exchanges, kReached, kNever) {
    const Two two;
    int seen[2] = {1, 1};
    run(
        [&]() {
            two.x.exchange(1, acq_rel);
            seen[0] = two.y.load(acquire);
        },
        [&]() {
            two.y.exchange(1, acq_rel);
            seen[1] = two.x.load(acquire);
        });
    return seen[0] == 0 && seen[1] == 0;
}

// Independent reads of independent writes: do two threads see them in different orders?

bool independent_reads(std::memory_order store, std::memory_order load, bool fences) {
    const Two two;
    int seen[2][2] = {};
    const auto reads = [&](const Atomic& one, const Atomic& other, int* results) {
        results[0] = one.load(load);
        if (fences) std::atomic_thread_fence(seq_cst);
        results[1] = other.load(load);
    };
    run([&]() { two.x.store(1, store); }, [&]() { two.y.store(1, store); },
        [&]() { reads(two.x, two.y, seen[0]); }, [&]() { reads(two.y, two.x, seen[1]); });
    return seen[0][0] == 1 && seen[0][1] == 0 && seen[1][0] == 1 && seen[1][1] == 0;
}

LITMUS(independent_reads, kReached, kNever) { return independent_reads(release, acquire, false); }
LITMUS(independent_reads_seq_cst, kNever, kNever) {
    return independent_reads(seq_cst, seq_cst, false);
}
LITMUS(independent_reads_fences, kNever, kNever) {
    return independent_reads(relaxed, relaxed, true);
}

// Coherence: one variable.

LITMUS(coherence_read_read, kNever, kNever) {
    const Two two;
    int first = 0;
    int second = 0;
    run([&]() { two.x.store(1, relaxed); },
        [&]() {
            first = two.x.load(relaxed);
            second = two.x.load(relaxed);
        });
    return first == 1 && second == 0;
}

/// Two readers disagree about the order of two stores.
LITMUS(coherence_two_readers, kNever, kNever) {
    const Two two;
    int seen[2][2] = {};
    const auto reads = [&](int* results) {
        results[0] = two.x.load(relaxed);
        results[1] = two.x.load(relaxed);
    };
    run([&]() { two.x.store(1, relaxed); }, [&]() { two.x.store(2, relaxed); },
        [&]() { reads(seen[0]); }, [&]() { reads(seen[1]); });
    return seen[0][0] == 1 && seen[0][1] == 2 && seen[1][0] == 2 && seen[1][1] == 1;
}

LITMUS(coherence_write_read, kNever, kNever) {
    const Two two;
    int seen = 0;
    run([&]() { two.x.store(1, relaxed); },
        [&]() {
            two.x.store(2, relaxed);
            seen = two.x.load(relaxed);
        });
    return seen == 0;
}

/// What was read comes before what is written then.
LITMUS(coherence_read_write, kNever, kNever) {
    const Two two;
    int seen = 0;
    run([&]() { two.x.store(1, relaxed); },
        [&]() {
            seen = two.x.load(relaxed);
            two.x.store(2, relaxed);
        });
    return seen == 1 && two.x.load(relaxed) == 1;
}

LITMUS(coherence_write_write, kNever, kNever) {
    const Two two;
    run(
        [&]() {
            two.x.store(1, relaxed);
            two.x.store(2, relaxed);
        },
        [&]() { (void)two.x.load(relaxed); });
    return two.x.load(relaxed) == 1;
}

/// No store comes between a read-modify-write and what it has read.
LITMUS(atomicity, kNever, kNever) {
    const Two two;
    run([&]() { two.x.fetch_add(1, relaxed); }, [&]() { two.x.fetch_add(1, relaxed); },
        [&]() { two.x.store(5, relaxed); });
    const int last = two.x.load(relaxed);
    return last != 5 && last != 6 && last != 7;
}

// The order of stores.

/// Each place ends with the first store of a thread, as if both had stored in the other order.
bool two_plus_two_writes(std::memory_order order) {
    const Two two;
    run(
        [&]() {
            two.x.store(1, order);
            two.y.store(2, order);
        },
        [&]() {
            two.y.store(1, order);
            two.x.store(2, order);
        });
    return two.x.load(relaxed) == 1 && two.y.load(relaxed) == 1;
}

LITMUS(two_plus_two_writes, kReached, kNever) { return two_plus_two_writes(relaxed); }
LITMUS(two_plus_two_writes_release, kReached, kNever) { return two_plus_two_writes(release); }
LITMUS(two_plus_two_writes_seq_cst, kNever, kNever) { return two_plus_two_writes(seq_cst); }

/// The store after a message is before the one that the message came after.
bool store_after_message(std::memory_order store, std::memory_order load) {
    const Two two;
    int flag = 0;
    run(
        [&]() {
            two.x.store(2, relaxed);
            two.y.store(1, store);
        },
        [&]() {
            flag = two.y.load(load);
            two.x.store(1, relaxed);
        });
    return flag == 1 && two.x.load(relaxed) == 2;
}

LITMUS(store_after_message_relaxed, kReached, kNever) {
    return store_after_message(relaxed, relaxed);
}
LITMUS(store_after_message, kNever, kNever) { return store_after_message(release, acquire); }

/// Loads see only stores that have been executed, though the standard would allow this.
LITMUS(load_buffering, kNever, kNever) {
    const Two two;
    int seen[2] = {};
    run(
        [&]() {
            seen[0] = two.x.load(relaxed);
            two.y.store(1, relaxed);
        },
        [&]() {
            seen[1] = two.y.load(relaxed);
            two.x.store(1, relaxed);
        });
    return seen[0] == 1 && seen[1] == 1;
}

/// A plain write, such as a constructor's, ends the history of what was there before.
LITMUS(old_values_of_another_object, kNever, kNever) {
    const Two two;
    int seen = 0;
    run(
        [&]() {
            two.x.store(7, relaxed);
            new (&two.x) Atomic{1};
            two.y.store(1, release);
        },
        [&]() {
            if (two.y.load(acquire) == 1) seen = two.x.load(relaxed);
        });
    return seen != 0 && seen != 1;
}

}  // namespace
}  // namespace explore
