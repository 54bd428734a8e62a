# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Mutants that the scenarios of await must find. See ../mutate.sh.

readonly kConditions=detail/conditions.hpp

mutant_value claim_forgets_who_waits detail/mutex_core.hpp 'with(state, kLocked | kHot)' 'with(kLocked, kHot)'
mutant_value lock_forgets_who_waits detail/mutex_core.hpp 'with(kHot, state & kAwaited)' 'kHot'
mutant_value hand_off_forgets_who_waits detail/mutex_core.hpp 'awaited | parked' 'parked'
mutant asks_nobody detail/mutex_core.hpp \
    'if ((word.load(relaxed) & kAwaited) != 0) Conditions::move_those_that_hold(*this);' ''
mutant rw_asks_nobody detail/rwlock_core.hpp \
    'if ((word.load(relaxed) & kAwaited) != 0) Conditions::move_those_that_hold(*this, kept);' ''
mutant_value readers_wait_for_a_writer $kConditions 'Core::readers_pass_writers(kept)' 'false'
mutant asks_nobody_before_it_waits $kConditions \
    'if (Raw::Core::is_exclusive(mode) && is_awaited(core)) move_those_that_hold(core);' ''
mutant_value forgets_to_set_awaited $kConditions 'Core::kAwaited | Core::kHot' 'Core::kHot'
mutant moved_but_not_parked $kConditions 'set(core.word, Core::kParked);' ''
mutant moves_one_that_gave_up $kConditions 'if (waiter.gave_up) return false;' ''
mutant_value gives_up_though_moved $kConditions '!self.moved' 'true'
mutant stays_in_the_ring $kConditions 'raw.regain(mode, {});
            remove(core, self);' 'raw.regain(mode, {});'
mutant awaited_cleared_though_others_wait $kConditions 'bucket.queues().remove(waiter);
        if (bucket.queues().find(key_of(&core)) == nullptr) clear(core.word, Core::kAwaited);' \
    'bucket.queues().remove(waiter); clear(core.word, Core::kAwaited);'
mutant moved_does_not_lock $kConditions 'raw.regain(mode, self.unpark_token);' ''
