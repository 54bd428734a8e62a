# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Mutants that the scenarios of RwLocks must find. What they share with mutexes is in mutex.sh. See ../mutate.sh.

readonly kRwCore=detail/rwlock_core.hpp

# Memory orders.
mutant_value write_acquires_nothing $kRwCore \
    'word.compare_exchange_strong(state, state + kWriter, acquire, relaxed)' \
    'word.compare_exchange_strong(state, state + kWriter, relaxed, relaxed)'
mutant_value read_acquires_nothing $kRwCore \
    'word.compare_exchange_strong(state, state + kReader, acquire, relaxed)' \
    'word.compare_exchange_strong(state, state + kReader, relaxed, relaxed)'
mutant_value enter_acquires_nothing $kRwCore \
    'word.compare_exchange_weak(state, (state + mode) | duty, acquire, relaxed)' \
    'word.compare_exchange_weak(state, (state + mode) | duty, relaxed, relaxed)'
mutant_value drain_acquires_nothing $kRwCore 'word.load(acquire)' 'word.load(relaxed)'
mutant write_releases_nothing raw_rwlock.hpp 'word.store(kFree, release);' 'word.store(kFree, relaxed);'
mutant_value read_releases_nothing raw_rwlock.hpp \
    'word.fetch_sub(kReader, release)' 'word.fetch_sub(kReader, relaxed)'
mutant_value hot_write_releases_nothing $kRwCore \
    'word.compare_exchange_strong(state, kHot, release, relaxed)' \
    'word.compare_exchange_strong(state, kHot, relaxed, relaxed)'
mutant_value leave_releases_nothing $kRwCore \
    'word.compare_exchange_weak(state, without(state, held, kept), release, relaxed)' \
    'word.compare_exchange_weak(state, without(state, held, kept), relaxed, relaxed)'
mutant_value rw_hand_off_releases_nothing $kRwCore \
    'word.compare_exchange_weak(state, after, release, relaxed)' \
    'word.compare_exchange_weak(state, after, relaxed, relaxed)'

# The plain-store unlock.
mutant_value rw_no_second_look_at_the_word $kRwCore \
    '(state & (kParked | kHot)) == (kParked | kHot) && !admits(state, mode)' 'true'
mutant_value rw_no_second_look_at_the_epoch raw_rwlock.hpp \
    'detail::this_module.epoch.load(relaxed) != epoch' 'false'
mutant rw_never_hot $kRwCore 'if ((state & kWriter) != 0) marked |= kHot;' ''
mutant rw_heated_without_fence $kRwCore 'publish_heating();' ''

# Who wakes whom.
mutant_value rw_woken_forgets_its_duty $kRwCore \
    'woken == kRetryMoreWait && mode != kReader ? kParked : kFree' 'kFree'
mutant rw_duty_is_not_passed_on $kRwCore 'if (duty != 0) pass_duty_on();' ''
mutant rw_held_back_are_forgotten $kRwCore \
    'if (mode == kWriter) pass_duty_on();' ''
mutant rw_nobody_woken_after_release $kRwCore 'if ((state & kParked) != 0) wake_next(kept);' ''
mutant rw_nobody_woken_after_heating $kRwCore 'unpark_all(key_of(address), kRetry);' ''
mutant_value rw_hand_off_forgets_the_others $kRwCore 'result.have_more ? kParked : 0' '0'
mutant_value rw_hand_off_releases $kRwCore \
    'without(state & ~(kHandOff | kParked), held, next.granted())' \
    'without(state & ~(kHandOff | kParked), held, kept)'
mutant_value upgradable_forgets_those_who_wait $kRwCore \
    'kept == kUpgradable ? kDrainParked : kDrainParked | kParked' 'kDrainParked | kParked'
mutant rw_parks_though_admitted $kRwCore 'if (admits(state, mode)) return false;' ''

# A writer and its readers.
mutant_value drains_nobody $kRwCore \
    'mode_of(self) != kWriter || drain(self, deadline)' 'true'
mutant drains_unchecked $kRwCore 'if ((state & kReaders) == 0) return false;' ''
mutant_value drain_not_marked $kRwCore 'state | kDrainParked' 'state'
mutant drainer_not_woken raw_rwlock.hpp 'this->wake_drainer();' ';'
mutant keeps_its_claim $kRwCore 'leave(kWriter, 0, Policy::kHandsOff);' ''
mutant_value two_upgradable detail/rwlock_state.hpp \
    '(state & (RwState::kWriter | RwState::kUpgradable)) == 0' '(state & RwState::kWriter) == 0'
mutant readers_beside_the_writer detail/rwlock_state.hpp \
    'if ((state & RwState::kWriter) == 0) return true;' 'return true;'
