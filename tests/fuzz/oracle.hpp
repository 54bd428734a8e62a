// SPDX-License-Identifier: MIT
// The specification that programs are checked against: who may be in a section beside whom, and
// when a lock may be refused.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/program.hpp"
#include "parking_lot/detail/scope_exit.hpp"
#include "support/sanitizers.hpp"

namespace parking_lot::fuzz {

/// The first promise that was broken in a run.
class Verdict {
  public:
    void expect(bool kept, std::string_view promise, Item item) {
        if (!kept) [[unlikely]]
            record(std::string{name_of(item)}.append(": ").append(promise));
    }

    /// Empty if none was broken.
    [[nodiscard]] std::string text() const {
        const std::lock_guard guard{mutex_};
        return text_;
    }

  private:
    void record(std::string text) {
        const std::lock_guard guard{mutex_};
        if (text_.empty()) text_ = std::move(text);
    }

    mutable std::mutex mutex_;
    std::string text_;
};

enum class Mode { Exclusive, Shared, Upgradable };

// Under ThreadSanitizer the oracle orders nothing, lest it hide that a lock does not.
inline constexpr auto kOracleOrder =
    test::kThreadSanitizer ? std::memory_order_relaxed : std::memory_order_seq_cst;

/// What a lock protects: not atomic, so that ThreadSanitizer watches it. Mutable, as a reentrant
/// lock gives const access only.
struct Cell {
    mutable long writes = 0;
    mutable long mirror = 0;
    mutable bool is_open = false;  ///< nobody need wait for anything any more

    [[nodiscard]] bool is_whole() const { return writes == mirror; }
};

/// A Cell is the part that guards are mapped to.
struct Data : Cell {};

/// Knows who is in the sections of one lock.
class Oracle {
  public:
    Oracle(Item item, Verdict& verdict) : item_{item}, verdict_{verdict} {}

    void expect(bool kept, std::string_view promise) { verdict_.expect(kept, promise, item_); }

    /// By a thread that has just got the lock, and that is about to give it up.
    void enter(Mode mode) {
        if (mode == Mode::Shared) {
            readers_.fetch_add(1, kOracleOrder);
            return expect(writers_.load(kOracleOrder) == 0, "a reader beside a writer");
        }
        if (mode == Mode::Upgradable) {
            expect(upgradables_.fetch_add(1, kOracleOrder) == 0, "two upgradable readers");
            return expect(writers_.load(kOracleOrder) == 0, "an upgradable reader beside a writer");
        }
        expect(writers_.fetch_add(1, kOracleOrder) == 0, "two threads in an exclusive section");
        expect(readers_.load(kOracleOrder) == 0, "a writer beside a reader");
        expect(upgradables_.load(kOracleOrder) == 0, "a writer beside an upgradable reader");
    }
    void leave(Mode mode) { count_of(mode).fetch_sub(1, kOracleOrder); }

    /// By a thread in a section: uses the data as its mode allows.
    void touch(const Cell& cell, Mode mode) {
        expect(cell.is_whole(), "the data is in the middle of a change");
        if (mode != Mode::Exclusive) return;
        ++cell.writes;
        touches_.fetch_add(1, std::memory_order_relaxed);
        ++cell.mirror;
    }

    /// By a thread from before it asks for the lock until after it has given it up.
    void come() {
        present_.fetch_add(1, kOracleOrder);
        arrivals_.fetch_add(1, kOracleOrder);
    }
    void go() { present_.fetch_sub(1, kOracleOrder); }

    /// Taken by a thread that has come, before it tries: whether nobody has been there but this
    /// thread from then until now. Never certain where the oracle orders nothing.
    struct Look {
        std::size_t arrivals;
        bool is_alone;
    };
    [[nodiscard]] Look look() const {
        return {arrivals_.load(kOracleOrder), present_.load(kOracleOrder) == 1};
    }
    [[nodiscard]] bool was_alone_since(Look look) const {
        return !test::kThreadSanitizer && look.is_alone &&
               arrivals_.load(kOracleOrder) == look.arrivals;
    }

    void count_acquisition() { acquisitions_.fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t acquisitions() const { return acquisitions_.load(); }

    /// When all threads have ended.
    void check_at_end(const Cell& cell) {
        expect(present_ == 0 && writers_ == 0 && readers_ == 0 && upgradables_ == 0,
               "the oracle lost count");
        expect(cell.is_whole() && cell.writes == touches_, "a change of the data was lost");
    }

  private:
    std::atomic<int>& count_of(Mode mode) {
        return mode == Mode::Exclusive ? writers_ : mode == Mode::Shared ? readers_ : upgradables_;
    }

    const Item item_;
    Verdict& verdict_;
    std::atomic<int> writers_{0}, readers_{0}, upgradables_{0}, present_{0};
    std::atomic<std::size_t> arrivals_{0}, acquisitions_{0};
    std::atomic<long> touches_{0};
};

/// A stay in the section of a lock, from after it was locked until before it is unlocked. Counts
/// for nothing in a thread that holds the lock already.
class Presence {
  public:
    Presence(Oracle& oracle, Mode mode, bool counts)
        : oracle_{oracle}, mode_{mode}, counts_{counts} {
        enter();
    }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    ~Presence() { leave(); }

    void leave() {
        if (std::exchange(is_inside_, false)) oracle_.leave(mode_);
    }
    void enter() {
        if (!counts_) return;
        oracle_.enter(mode_);
        is_inside_ = true;
    }

    /// Calls a function that gives the lock up and takes it again.
    template <class Function>
    void pause(Function&& function) {
        leave();
        const detail::OnScopeExit back{[this]() { enter(); }};
        function();
    }

  private:
    Oracle& oracle_;
    const Mode mode_;
    const bool counts_;
    bool is_inside_ = false;
};

/// What a program throws.
struct Failure {};

/// What threads wait for: a number of changes that they may or may not make, or the end of all
/// waiting. Asked by any thread that unlocks.
class Predicate {
  public:
    Predicate(Oracle& oracle, const Instruction& instruction)
        : oracle_{&oracle},
          rest_{static_cast<long>(instruction.limit) % 4},
          fails_{instruction.flavor == Flavor::Failing} {}

    bool operator()(const Cell& cell) const {
        oracle_->expect(cell.is_whole(), "a predicate is asked in the middle of a change");
        if (fails_ && cell.writes % 8 == 7) throw Failure{};
        return cell.is_open || cell.writes % 4 == rest_;
    }

  private:
    Oracle* oracle_;
    long rest_;
    bool fails_;
};

}  // namespace parking_lot::fuzz
