# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Mutants that the scenarios of condition variables must find. See ../mutate.sh.

readonly kCondvar=detail/parking_condvar.hpp

mutant flag_not_set $kCondvar 'has_waiters_.store(true, relaxed);' ''
mutant_value flag_cleared_though_others_wait $kCondvar 'taken.count() != 0 && waiter == nullptr' 'taken.count() != 0'
mutant_value flag_cleared_by_the_first_to_leave $kCondvar 'bucket.queues().find(key_of(this)) == nullptr' 'true'
mutant_value leaves_though_notified $kCondvar '!self.notified' '(self.queued || bucket.queues().find(key_of(this)) == nullptr)'
mutant forgets_to_say_notified $kCondvar 'static_cast<CondvarWaiter*>(waiter)->notified = true;' ''
mutant condvar_does_not_wait_for_its_waker $kCondvar 'self.sleep_until_notified();' ''
mutant_value lines_up_unprepared detail/requeue.hpp '!raw.prepare_to_park(0)' 'false'
mutant_value lines_up_without_duty detail/requeue.hpp 'bucket.queues().find(key) != nullptr' 'false'
mutant_value nobody_woken_for_a_free_lock detail/requeue.hpp 'result.unparked < kAwake<Raw>' 'false'
mutant_value lines_up_those_of_other_locks detail/requeue.hpp 'waiter->lock == &raw' 'true'
mutant next_read_after_notify detail/requeue.hpp 'CondvarWaiter* const next = first.following();
        first.notify();
        return next;' 'first.notify(); return first.following();'
