// SPDX-License-Identifier: MIT
// A section of a lock that a thread has a guard of: what programs do with guards, and what must
// hold then.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include "fuzz/oracle.hpp"
#include "fuzz/thread.hpp"
#include "fuzz/world.hpp"
#include "parking_lot/condvar.hpp"
#include "parking_lot/detail/scope_exit.hpp"
#include "parking_lot/guard.hpp"

namespace parking_lot::fuzz {

template <class AnyGuard>
inline constexpr Mode kModeOf = Mode::Exclusive;
template <class LockPointer, class T>
inline constexpr Mode kModeOf<Guard<LockPointer, detail::SharedMode, T>> = Mode::Shared;
template <class LockPointer, class T>
inline constexpr Mode kModeOf<Guard<LockPointer, detail::UpgradableMode, T>> = Mode::Upgradable;

template <class GuardType>
class Section {
    static constexpr Mode kMode = kModeOf<GuardType>;

  public:
    /// `writes`: what the data must still be like, if it was seen before without an unlock since.
    Section(Thread& thread, Subject& subject, GuardType guard, std::optional<long> writes = {})
        : thread_{thread},
          subject_{subject},
          guard_{std::move(guard)},
          presence_{subject.oracle, kMode, thread.times_held(subject) == 1} {
        expect(guard_.owns_lock(), "a guard of a lock does not own it");
        expect(!writes || *writes == guard_->writes, "a writer came in between");
        subject_.oracle.touch(*guard_, kMode);
    }

    /// Up to the end of the section.
    void run() {
        while (const Instruction* const instruction = thread_.next())
            if (!goes_on_after(*instruction)) return;
    }

  private:
    /// False if the instruction ended the section, or was the last thing this guard did.
    bool goes_on_after(const Instruction& instruction) {
        switch (instruction.verb) {
            case Verb::End:
                return false;
            case Verb::Unlock:
                unlock(instruction);
                return false;
            case Verb::Fail:
                throw Failure{};
            case Verb::Touch:
                subject_.oracle.touch(*guard_, kMode);
                return true;
            case Verb::Bump:
                bump();
                return true;
            case Verb::Unlocked:
                run_unlocked(instruction);
                return true;
            case Verb::Await:
                await(instruction);
                return true;
            case Verb::Wait:
                wait(instruction);
                return true;
            case Verb::Map:
                return !map(instruction);
            case Verb::Downgrade:
                return !downgrade();
            case Verb::DowngradeToUpgradable:
                return !downgrade_to_upgradable();
            case Verb::Upgrade:
                return !upgrade(instruction);
            default:
                thread_.run(instruction);
                return true;
        }
    }

    void expect(bool kept, std::string_view promise) { subject_.oracle.expect(kept, promise); }

    [[nodiscard]] bool may_relock() const { return thread_.may_relock(subject_); }

    void unlock(const Instruction& instruction) {
        presence_.leave();
        if constexpr (requires { guard_.unlock_fair(); }) {
            if (instruction.flavor == Flavor::Fair) return guard_.unlock_fair();
        }
        guard_.unlock();
        expect(!guard_, "an unlocked guard owns its lock");
    }

    void bump() {
        if constexpr (requires { guard_.bump(); }) {
            if (!thread_.holds_nothing_above(subject_)) return;
            presence_.pause([&]() { guard_.bump(); });
        }
    }

    void run_unlocked(const Instruction& instruction) {
        const auto rest = [&]() {
            const Away away{thread_, subject_};
            thread_.run_rest_of_section();
        };
        if constexpr (requires { guard_.unlocked(rest); }) {
            if (!may_relock()) return thread_.skip_section();
            presence_.pause([&]() {
                if constexpr (requires { guard_.unlocked_fair(rest); }) {
                    if (instruction.flavor == Flavor::Fair) return guard_.unlocked_fair(rest);
                }
                guard_.unlocked(rest);
            });
        } else {
            thread_.skip_section();
        }
    }

    // Waits.

    void await(const Instruction& asked) {
        if constexpr (requires(Predicate predicate) { guard_.await(predicate); }) {
            if (!may_relock()) return;
            const Instruction instruction = thread_.within_rules_of_waiting(asked);
            const Predicate predicate{subject_.oracle, instruction};
            bool holds = false;
            {
                const Attempt attempt{thread_, subject_.oracle, instruction};
                const Rest rest{thread_.world().progress, instruction.is_unlimited()};
                presence_.pause([&]() { holds = await_in(attempt, instruction, predicate); });
                if (!holds) attempt.was_refused_by_limit();
            }
            if (instruction.flavor != Flavor::Failing)
                expect(holds == predicate(*guard_), "await() says what its predicate does not");
        }
    }

    bool await_in(const Attempt& attempt, const Instruction& instruction, Predicate predicate) {
        switch (instruction.way) {
            case Way::Try:
                return guard_.await_until(Deadline::passed(), predicate);
            case Way::For:
                return guard_.await_for(attempt.duration(), predicate);
            case Way::Until:
                return guard_.await_until(attempt.time(), predicate);
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return guard_.await(thread_.stop_token(), predicate);
#endif
            default:
                guard_.await(predicate);
                return true;
        }
    }

    void wait(const Instruction& asked) {
        if (!may_relock()) return;
        const Instruction instruction = thread_.within_rules_of_waiting(asked);
        if (guard_->is_open && instruction.is_unlimited()) return;  // nobody notifies any more
        const Attempt attempt{thread_, subject_.oracle, instruction};
        const Rest rest{thread_.world().progress, instruction.is_unlimited()};
        bool in_time = true;
        presence_.pause([&]() {
            in_time = instruction.has_predicate() ? wait_for_predicate(attempt, instruction)
                                                  : wait_for_notification(attempt, instruction);
        });
        if (!in_time) attempt.was_refused_by_limit();
    }

    bool wait_for_notification(const Attempt& attempt, const Instruction& instruction) {
        Notifications& notifications = thread_.world().notifications;
        const bool notified = wait_in(attempt, instruction);
        notifications.count_received(notified, notified);
        return notified;
    }

    bool wait_for_predicate(const Attempt& attempt, const Instruction& instruction) {
        const Predicate predicate{subject_.oracle, instruction};
        std::size_t asked = 0;
        const auto holds = [&]() {
            ++asked;
            return predicate(*guard_);
        };
        const detail::OnScopeExit count{[&]() {
            // The first answer follows no wait; the last, maybe, one that was not notified.
            thread_.world().notifications.count_received(asked < 2 ? 0 : asked - 2, asked - 1);
        }};
        const bool result = wait_in(attempt, instruction, holds);
        if (instruction.flavor != Flavor::Failing)
            expect(result == predicate(*guard_), "wait() says what its predicate does not");
        return result;
    }

    template <class... OrPredicate>
    bool wait_in(const Attempt& attempt, const Instruction& instruction, OrPredicate... predicate) {
        tested::Condvar& condvar = thread_.world().notifications.condvar();
        switch (instruction.way) {
            case Way::Try:
                return condvar.wait_until(guard_, Deadline::passed(), predicate...);
            case Way::For:
                return condvar.wait_for(guard_, attempt.duration(), predicate...);
            case Way::Until:
                return condvar.wait_until(guard_, attempt.time(), predicate...);
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return condvar.wait(guard_, thread_.stop_token(), predicate...);
#endif
            default:
                condvar.wait(guard_, predicate...);
                return true;
        }
    }

    // What makes another guard of this one. True if it did, and the section went on with that.

    template <class Other>
    bool go_on_with(Other other, std::optional<long> writes) {
        expect(!guard_, "a guard was taken over and owns its lock");
        Section<Other>{thread_, subject_, std::move(other), writes}.run();
        return true;
    }

    bool map(const Instruction& instruction) {
        constexpr auto part = [](const auto& data) -> const Cell& { return data; };
        if constexpr (requires { std::move(guard_).map(part); } &&
                      !std::same_as<std::remove_cvref_t<decltype(*guard_)>, Cell>) {
            presence_.leave();
            const long writes = guard_->writes;
            if (instruction.way != Way::Try) return go_on_with(std::move(guard_).map(part), writes);
            const auto part_if_even = [](const auto& data) -> const Cell* {
                return data.writes % 2 == 0 ? &data : nullptr;
            };
            if (auto mapped = std::move(guard_).try_map(part_if_even))
                return go_on_with(*std::move(mapped), writes);
            presence_.enter();
        }
        return false;
    }

    bool downgrade() {
        if constexpr (requires { std::move(guard_).downgrade(); }) {
            const long writes = guard_->writes;
            presence_.leave();
            return go_on_with(std::move(guard_).downgrade(), writes);
        }
        return false;
    }

    bool downgrade_to_upgradable() {
        if constexpr (requires { std::move(guard_).downgrade_to_upgradable(); }) {
            const long writes = guard_->writes;
            presence_.leave();
            return go_on_with(std::move(guard_).downgrade_to_upgradable(), writes);
        }
        return false;
    }

    bool upgrade(Instruction instruction) {
        if constexpr (requires { std::move(guard_).upgrade(); }) {
            if (!thread_.holds_nothing_above(subject_)) instruction.way = Way::Try;
            if (!PARKING_LOT_HAS_STOP_TOKEN && instruction.way == Way::Stoppable) return false;
            const long writes = guard_->writes;
            presence_.leave();
            if (instruction.way == Way::Plainly) return upgrade_at_last(instruction, writes);
            const Attempt attempt{thread_, subject_.oracle, instruction};
            if (auto writer = upgrade_in(attempt, instruction))
                return go_on_with(*std::move(writer), writes);
            attempt.was_refused();
            presence_.enter();
            expect(guard_->writes == writes, "a writer came in between");
        }
        return false;
    }

    bool upgrade_at_last(const Instruction& instruction, long writes) {
        if (instruction.flavor != Flavor::With)
            return go_on_with(std::move(guard_).upgrade(), writes);
        guard_.with_upgraded([&](Data& data) {
            const Presence writer{subject_.oracle, Mode::Exclusive, true};
            expect(data.writes == writes, "a writer came in between");
            subject_.oracle.touch(data, Mode::Exclusive);
        });
        presence_.enter();
        expect(guard_->writes == writes + 1, "a writer came in between");
        return false;
    }

    auto upgrade_in(const Attempt& attempt, const Instruction& instruction) {
        switch (instruction.way) {
            case Way::For:
                return std::move(guard_).try_upgrade_for(attempt.duration());
            case Way::Until:
                return std::move(guard_).try_upgrade_until(attempt.time());
#if PARKING_LOT_HAS_STOP_TOKEN
            case Way::Stoppable:
                return std::move(guard_).upgrade(thread_.stop_token());
#endif
            default:
                return std::move(guard_).try_upgrade();
        }
    }

    Thread& thread_;
    Subject& subject_;
    GuardType guard_;
    Presence presence_;
};

}  // namespace parking_lot::fuzz
