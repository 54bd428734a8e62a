# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Mutants that the scenarios of Once must find. See ../mutate.sh.

mutant_value done_acquires_nothing raw_once.hpp 'state_.load(acquire) == kDone' 'state_.load(relaxed) == kDone'
mutant_value begin_acquires_nothing raw_once.hpp \
    'state_.compare_exchange_weak(state, with(state, kRunning), acquire, relaxed)' \
    'state_.compare_exchange_weak(state, with(state, kRunning), relaxed, relaxed)'
mutant_value complete_wakes_nobody raw_once.hpp '(state_.exchange(kDone, release) & kParked) != 0' \
    '(state_.exchange(kDone, release), false)'
mutant_value complete_looks_first raw_once.hpp 'state_.exchange(kDone, release) & kParked' \
    '[this] { const State found = state_.load(relaxed); state_.exchange(kDone, release); return found; }() & kParked'
mutant_value complete_releases_nothing raw_once.hpp 'state_.exchange(kDone, release)' 'state_.exchange(kDone, relaxed)'
mutant_value abandon_wakes_nobody raw_once.hpp '(state_.fetch_and(kParked, release) & kParked) != 0' \
    '(state_.fetch_and(kParked, release), false)'
mutant_value abandon_forgets_the_parked raw_once.hpp 'state_.fetch_and(kParked, release)' 'state_.exchange(kNew, release)'
mutant_value abandon_releases_nothing raw_once.hpp 'state_.fetch_and(kParked, release)' 'state_.fetch_and(kParked, relaxed)'
mutant abandon_wakes_the_first raw_once.hpp 'found = who == kCalls;' 'found = true;'
mutant_value once_parked_not_marked raw_once.hpp 'with(state, kParked)' 'state'
mutant_value begin_drops_the_parked raw_once.hpp 'with(state, kRunning)' 'kRunning'
mutant once_parks_when_done raw_once.hpp 'if (state == kDone || (state & awaited) != awaited) return false;' ''
