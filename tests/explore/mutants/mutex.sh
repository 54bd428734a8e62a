# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Mutants that the scenarios of mutexes must find: in the table, the waiters, and the mutex itself. See ../mutate.sh.

# Memory orders: the race detector sees the data that the lock protects.
mutant_value lock_acquires_nothing detail/mutex_core.hpp \
    'word.compare_exchange_strong(state, static_cast<State>(state + kLocked), acquire,
                                                relaxed)' \
    'word.compare_exchange_strong(state, static_cast<State>(state + kLocked), relaxed, relaxed)'
mutant_value word_lock_acquires_nothing detail/mutex_core.hpp \
    'word.fetch_or(kLocked, acquire)' 'word.fetch_or(kLocked, relaxed)'
mutant_value contend_acquires_nothing detail/mutex_core.hpp \
    'word.compare_exchange_weak(state, with(state, kLocked | duty), acquire,
                                               relaxed)' \
    'word.compare_exchange_weak(state, with(state, kLocked | duty), relaxed, relaxed)'
mutant_value try_lock_acquires_nothing raw_mutex.hpp \
    'word.compare_exchange_weak(state, with(state, kLocked), acquire,
                                           relaxed)' \
    'word.compare_exchange_weak(state, with(state, kLocked), relaxed, relaxed)'
mutant_value claim_acquires_nothing detail/mutex_core.hpp \
    'word.compare_exchange_strong(state, with(state, kLocked | kHot), acquire,
                                            relaxed)' \
    'word.compare_exchange_strong(state, with(state, kLocked | kHot), relaxed, relaxed)'
mutant unlock_releases_nothing raw_mutex.hpp \
    'word.store(kFree, release);' 'word.store(kFree, relaxed);'
mutant_value hot_unlock_releases_nothing detail/mutex_core.hpp \
    'word.compare_exchange_strong(state, kHot, release, relaxed)' \
    'word.compare_exchange_strong(state, kHot, relaxed, relaxed)'
mutant_value contended_unlock_releases_nothing detail/mutex_core.hpp \
    'word.compare_exchange_weak(state, when_free(state), release, relaxed)' \
    'word.compare_exchange_weak(state, when_free(state), relaxed, relaxed)'
mutant hand_off_to_nobody_releases_nothing detail/mutex_core.hpp \
    'word.store(when_free(state), release);' 'word.store(when_free(state), relaxed);'
mutant_value sleeper_not_woken detail/waiter.hpp '(signal_.fetch_or(bit, release) & kAsleep) != 0' \
    '(signal_.fetch_or(bit, release), false)'
mutant_value notify_releases_nothing detail/waiter.hpp \
    'signal_.fetch_or(bit, release)' 'signal_.fetch_or(bit, relaxed)'
mutant bucket_lock_acquires_nothing detail/bucket.hpp \
    'return state_.compare_exchange_strong(free, kLocked, acq_rel, relaxed);' \
    'return state_.compare_exchange_strong(free, kLocked, relaxed, relaxed);'
mutant bucket_sleepers_not_woken detail/bucket.hpp \
    'if (state_.exchange(kFree, release) == kLockedWithSleepers) [[unlikely]] {
            platform::Sleeping::wake_one(&state_);
        }' \
    'state_.exchange(kFree, release);'
mutant bucket_unlock_releases_nothing detail/bucket.hpp \
    'if (state_.exchange(kFree, release) == kLockedWithSleepers) [[unlikely]] {
            platform::Sleeping::wake_one(&state_);
        }' \
    'if (state_.exchange(kFree, relaxed) == kLockedWithSleepers) platform::Sleeping::wake_one(&state_);'

# The plain-store unlock, and what the parker pays for it.
mutant_value no_second_look_at_the_word detail/mutex_core.hpp \
    '(word.load(relaxed) & expected) == expected' 'true'
mutant word_touched_after_unlock raw_mutex.hpp \
    'if (detail::this_module.epoch.load(relaxed) != epoch) [[unlikely]]
                Core::wake_all(address);' \
    'if ((word.load(relaxed) & kParked) != 0 || detail::this_module.epoch.load(relaxed) != epoch)
         Core::wake_all(address);'
mutant_value no_second_look_at_the_epoch raw_mutex.hpp \
    'detail::this_module.epoch.load(relaxed) != epoch' 'false'
mutant no_membarrier detail/module.hpp \
    'if (announce_heating() && !platform::AsymmetricFence::heavy_fence()) retreat();' \
    '(void)announce_heating();'
mutant epoch_moves_after_the_membarrier detail/module.hpp \
    'if (announce_heating() && !platform::AsymmetricFence::heavy_fence()) retreat();' \
    'platform::AsymmetricFence::heavy_fence(); (void)announce_heating();'
mutant_value epoch_read_late raw_mutex.hpp \
    'word.load(relaxed) == kLocked && (epoch & detail::kNeedsRmw) == 0' \
    'word.load(relaxed) == kLocked &&
     ((const_cast<std::uintptr_t&>(epoch) = detail::this_module.epoch.load(acquire)) & detail::kNeedsRmw) == 0'
mutant plain_store_though_forbidden raw_mutex.hpp \
    'return unlock();' 'word.store(kFree, release); return;'
mutant retreat_at_once detail/module.hpp \
    'std::this_thread::sleep_for(std::chrono::milliseconds{1});' ''
mutant retreat_forbids_nothing detail/module.hpp \
    'record.epoch.fetch_or(kNeedsRmw, std::memory_order_relaxed);' ''
mutant never_hot detail/mutex_core.hpp 'if ((state & kHot) != 0) return true;' 'return true;'

# Who wakes whom.
mutant_value woken_forgets_its_duty detail/mutex_core.hpp \
    'woken == kRetryMoreWait ? with(kParked, kHot) : State{0}' 'State{0}'
mutant duty_is_not_passed_on detail/mutex_core.hpp \
    'if (woken == kRetryMoreWait) pass_duty_on();' ''
mutant_value duty_passed_on_to_nobody detail/mutex_core.hpp \
    'prepare_to_park(0) ? core::FilterOp::Stop : core::FilterOp::Unpark' 'core::FilterOp::Stop'
mutant_value hand_off_releases detail/mutex_core.hpp \
    'with(kLocked | kHot, awaited | parked)' 'with(kHot, awaited | parked)'
mutant_value hand_off_forgets_the_others detail/mutex_core.hpp \
    'result.have_more ? kParked : State{0}' 'State{0}'
mutant_value overtaken_sleeps_on detail/mutex_core.hpp \
    'claimed || !prepare_to_park(kHandOff)' 'claimed'
mutant nobody_woken_after_unlock detail/mutex_core.hpp \
    'if ((state & kParked) != 0) wake_next();' ''
mutant nobody_woken_after_heating detail/mutex_core.hpp \
    'unpark_all(key_of(address), kRetry);' ''
mutant parks_though_the_lock_is_free detail/mutex_core.hpp \
    'if ((state & kLocked) == 0) return false;' ''
mutant validate_is_ignored core.hpp 'if (!validate()) return {core::ParkStatus::Invalid, {}};' '(void)validate();'

# The life of locks and nodes.
mutant word_touched_after_contended_unlock detail/mutex_core.hpp \
    'if ((state & kParked) != 0) wake_next();' \
    'if ((state & kParked) != 0 && (word.load(relaxed) & kLocked) == 0) wake_next();'
mutant node_touched_after_notify detail/queue.hpp \
    'Waiter* const next = waiter->next;  // read first: notify() ends the node'"'"'s life
            waiter->notify();
            waiter = next;' \
    'waiter->notify();
     waiter = waiter->next;'
mutant_value leaves_though_taken core.hpp 'leave_queue(self, timed_out)' '(leave_queue(self, timed_out), true)'
mutant does_not_wait_for_its_waker core.hpp 'self.sleep_until_notified();' ''
mutant node_used_again_as_it_is detail/waiter.hpp 'signal_.fetch_and(kCancelled, relaxed);' ''
mutant stays_in_the_queue core.hpp 'bucket.queues().remove(self);' ''

# Sleeping.
mutant sleeper_not_marked detail/waiter.hpp \
    'signal_.compare_exchange_strong(signal, signal | kAsleep, relaxed, relaxed);' \
    'signal |= kAsleep;
     if (!platform::Sleeping::wait(signal_, 0, deadline)) return (signal_.load(acquire) & kNotified) != 0;'
mutant_value bucket_sleepers_forgotten detail/bucket.hpp \
    'state_.exchange(kLockedWithSleepers, acq_rel) != kFree' 'state_.exchange(kLocked, acq_rel) != kFree'
