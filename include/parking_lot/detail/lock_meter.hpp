// SPDX-License-Identifier: MIT
// LockMeter: how one metered lock counts what is done with it.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "parking_lot/detail/lock_mode.hpp"
#include "parking_lot/detail/meter.hpp"
#include "parking_lot/detail/meter_registry.hpp"
#include "parking_lot/detail/read_shard.hpp"

namespace parking_lot::inline PARKING_LOT_ABI {
namespace metered {

/// What a metered lock is called, and what it measures beyond the usual.
/// ~~~
/// metered::Mutex<int> m{metered::Options{.name = "kv_cache", .labels = {{"shard", "3"}}}, 42};
/// ~~~
struct Options {
    std::string name{};
    /// Need not be sorted. Of several values for one key, the first counts.
    metrics::Labels labels{};
    /// N: how long the lock is held is measured for every Nth acquisition. 0: never.
    std::uint32_t sample_holds_every = 0;
};

/// The name of a metered lock, or its Options: what the constructors of metered locks take.
class Naming {
  public:
    template <std::convertible_to<std::string_view> Name>
    Naming(const Name& name)  // NOLINT(google-explicit-constructor): a name will do
        : options_{.name = std::string{std::string_view{name}}} {}
    Naming(Options options)  // NOLINT(google-explicit-constructor)
        : options_{std::move(options)} {
        metrics::Labels& labels = options_.labels;
        const std::map<std::string, std::string> sorted{labels.begin(), labels.end()};
        labels.assign(sorted.begin(), sorted.end());
    }

    [[nodiscard]] const Options& options() const& noexcept { return options_; }
    [[nodiscard]] Options&& options() && noexcept { return std::move(options_); }

  private:
    Options options_;
};

}  // namespace metered

namespace detail {

template <class Mode>
inline constexpr Slot kSlotOf = std::is_same_v<Mode, SharedMode>       ? Slot::Shared
                                : std::is_same_v<Mode, UpgradableMode> ? Slot::Upgradable
                                                                       : Slot::Alone;

/// How a wait ended.
enum class WaitEnd : std::uint8_t { GaveUp, Acquired, HandedOver };

/// The counting of one lock. What is called after an acquisition, or before a release, is called
/// by the thread that holds the lock in that mode.
class LockMeter {
  public:
    /// May throw bad_alloc.
    LockMeter(metered::Naming&& naming, bool is_rwlock)
        : sample_every_{naming.options().sample_holds_every} {
        metered::Options options = std::move(naming).options();
        cell_ = &meter_registry().enroll(
            {std::move(options.name), std::move(options.labels), is_rwlock}, count_,
            sample_every_ != 0);
        read_id_ = cell_->series.read_id;
    }
    LockMeter(const LockMeter&) = delete;
    LockMeter& operator=(const LockMeter&) = delete;
    ~LockMeter() { meter_registry().withdraw(*cell_); }

    /// The same pointer for all locks that are counted together.
    [[nodiscard]] const char* name() const noexcept { return cell_->series.name; }

    template <class Mode>
    void acquired() noexcept {
        if constexpr (kSlotOf<Mode> == Slot::Alone) {
            add<Writers::One>(count_, 1);
        } else if constexpr (kSlotOf<Mode> == Slot::Shared) {
            count_read(cell_->series, read_id_);
        } else {
            add<Writers::One>((*cell_)[Slot::Upgradable].acquisitions, 1);
        }
        if (sample_every_ != 0) [[unlikely]]
            begin_hold(kSlotOf<Mode>);
    }

    template <class Mode>
    void releases() noexcept {
        if (sample_every_ != 0) [[unlikely]]
            end_hold(kSlotOf<Mode>);
    }

    /// Before a wait. Returns its start.
    template <class Mode>
    std::uint64_t wait_begins() noexcept {
        add<Writers::Many>(meter<Mode>().waits_begun, 1);
        return meter_clock();
    }

    /// After a wait; if it did not end with the lock, then perhaps beside its holder.
    template <class Mode>
    void wait_ends(std::uint64_t start, WaitEnd end) noexcept {
        const std::uint64_t duration = meter_clock() - start;
        if (end == WaitEnd::GaveUp) {
            cell_->series[kSlotOf<Mode>].given_up.template record<Writers::Many>(duration);
            return;
        }
        constexpr Writers kWriters = kSlotOf<Mode> == Slot::Shared ? Writers::Many : Writers::One;
        meter<Mode>().waits.template record<kWriters>(duration);
        if (end == WaitEnd::HandedOver) add<kWriters>(meter<Mode>().hand_offs, 1);
    }

    /// An exclusive acquisition was handed over while the thread waited for something else.
    void handed_over() noexcept { add<Writers::One>((*cell_)[Slot::Alone].hand_offs, 1); }

  private:
    static constexpr std::uint64_t kLongestReadSample = 60'000'000'000;  // nanoseconds

    template <class Mode>
    [[nodiscard]] ModeMeter& meter() const noexcept {
        return (*cell_)[kSlotOf<Mode>];
    }

    /// Readers come at the same time, so they may miscount those that are not sampled; and only one
    /// is sampled at a time.
    PARKING_LOT_COLD void begin_hold(Slot slot) noexcept {
        ModeMeter& meter = (*cell_)[slot];
        add<Writers::One>(meter.holds_seen, 1);
        if (read(meter.holds_seen) % sample_every_ != 0) return;
        if (slot == Slot::Shared) {
            ThreadId other = kNoThread;
            // [S1] acquire: `held_since` comes after that of the last one. Pairs with [S2].
            const auto take_over = [&]() noexcept {
                return meter.reader.compare_exchange_strong(
                    other, this_thread_id(), std::memory_order_acquire, std::memory_order_relaxed);
            };
            // A guard that went to another thread never ends its sample.
            const auto is_given_up = [&]() noexcept {
                return meter_clock() - read(meter.held_since) > kLongestReadSample;
            };
            if (!take_over() && !(is_given_up() && take_over())) return;
        }
        meter.held_since.store(meter_clock(), std::memory_order_relaxed);
    }

    PARKING_LOT_COLD void end_hold(Slot slot) noexcept {
        ModeMeter& meter = (*cell_)[slot];
        if (slot == Slot::Shared &&
            meter.reader.load(std::memory_order_relaxed) != this_thread_id()) {
            return;
        }
        const std::uint64_t since = read(meter.held_since);
        if (since == 0) return;
        meter.held_since.store(0, std::memory_order_relaxed);
        cell_->series[slot].holds.record<Writers::Many>(meter_clock() - since);
        if (slot == Slot::Shared) meter.reader.store(kNoThread, std::memory_order_release);  // [S2]
    }

    Counter count_{0};  // exclusive acquisitions
    MeterCell* cell_ = nullptr;
    const std::uint32_t sample_every_;
    std::uint32_t read_id_ = 0;
};

}  // namespace detail
}  // namespace parking_lot::inline PARKING_LOT_ABI
